"""A task farm: workers come and go, and no task is lost or done twice without notice.

    python examples/zeromq_task_farm.py numbers.txt
    seq 1000000007 1000000107 | python examples/zeromq_task_farm.py - --workers 1
    python examples/zeromq_task_farm.py --join ipc:///ADDRESS

The task is to factorise the number in each line. The farm hands out the lines and collects the
answers; a worker asks for its next task by answering the last. It has a task on lease: when the
lease is over, another worker gets the task, and of two answers the first one counts. The last
form is one more worker, from any terminal, at any time.
"""

import signal
import sys
import time
from collections import Counter, deque
from contextlib import suppress
from multiprocessing import Process, parent_process
from tempfile import TemporaryDirectory

import housekeeping
from housekeeping import complain, end_of, show_progress

try:
    import zmq
except ImportError:
    complain("zeromq_task_farm.py needs pyzmq: python -m pip install pyzmq")
    sys.exit(3)


def factorise(text: bytes) -> bytes:
    """The work. A ValueError is reported to the farm."""
    rest, divisor, factors = int(text), 2, list[int]()
    if rest < 2:
        raise ValueError(f"{rest} has no prime factors")
    while divisor * divisor <= rest:
        while rest % divisor == 0:
            factors.append(divisor)
            rest //= divisor
        divisor += 1 if divisor == 2 else 2
    return " ".join(map(str, [*factors, *[rest] * (rest > 1)])).encode()


def work(address: str) -> int:
    """Do tasks until there are no more. 1 if the farm has gone before it said so."""
    if parent_process():
        housekeeping.end_with_parent()
    with zmq.Context() as context, context.socket(zmq.REQ) as farm:
        farm.linger = 0
        with farm.get_monitor_socket(zmq.EVENT_DISCONNECTED | zmq.EVENT_CONNECT_RETRIED) as gone:
            farm.connect(address)
            farm.send_multipart([b"", b"", b""])
            while True:
                zmq.select([farm, gone], [], [])
                if not farm.poll(0):
                    complain("the farm has gone")
                    return 1
                number, text = farm.recv_multipart()
                if not number:
                    return 0
                try:
                    farm.send_multipart([number, factorise(text), b""])
                except ValueError as error:
                    farm.send_multipart([number, b"", str(error).encode()])


class Farm:
    """Ventilator and sink in one: only who knows both ends can tell what is missing."""

    def __init__(self, tasks: list[bytes], lease_s: float, tries: int) -> None:
        self.tasks, self.lease_s, self.tries = tasks, lease_s, tries
        self.open, self.idle = deque(range(len(tasks))), deque[bytes]()
        self.leases: dict[int, float] = {}  # task number to the time when its lease is over
        self.given = Counter[int]()
        self.answers: dict[int, tuple[bytes, bytes]] = {}  # result and problem

    def hand_out(self, router: "zmq.Socket[bytes]") -> None:
        while self.open and self.idle:
            number, worker = self.open[0], self.idle.popleft()
            with suppress(zmq.ZMQError):  # this worker has left
                router.send_multipart([worker, b"", b"%d" % number, self.tasks[number]])
                self.open.popleft()
                self.given[number] += 1
                self.leases[number] = time.monotonic() + self.lease_s

    def take(self, worker: bytes, _: bytes, name: bytes, result: bytes, problem: bytes) -> None:
        self.idle.append(worker)
        if name and int(name) in self.answers:
            complain(f"line {int(name) + 1} was done more than once")
        elif name:
            self.settle(int(name), result, problem)

    def settle(self, number: int, result: bytes, problem: bytes) -> None:
        self.answers[number] = result, problem
        self.leases.pop(number, None)
        self.open = deque(each for each in self.open if each != number)

    def take_back(self) -> None:
        """Open again what was not answered in time; give up what never is."""
        now = time.monotonic()
        for number in [number for number, over in self.leases.items() if over <= now]:
            complain(f"line {number + 1} was not answered in time")
            del self.leases[number]
            self.open.append(number)
            if self.given[number] == self.tries:
                self.settle(number, b"", b"given up after %d tries" % self.tries)

    def run(self, router: "zmq.Socket[bytes]", address: str, workers: int) -> None:
        """Until all is answered, with so many workers of our own, who are replaced if they die."""
        crew: dict[int, Process] = {}
        deaths = 0
        try:
            while len(self.answers) < len(self.tasks):
                while len(crew) < workers:
                    worker = Process(target=work, args=(address,), daemon=True)
                    with housekeeping.ctrl_c_is_for_us():
                        worker.start()
                    crew[worker.sentinel] = worker
                self.hand_out(router)
                show_progress(f"{len(self.answers)} of {len(self.tasks)}")
                over = min(self.leases.values(), default=float("inf"))
                wait_s = min(max(0.0, over - time.monotonic()), 3600.0) + 0.001
                asking, _, ended = zmq.select([router], [], [*crew], wait_s)
                for sentinel in ended:
                    worker = crew.pop(sentinel)
                    worker.join()
                    complain(f"worker {worker.pid} {end_of(worker.exitcode)}")
                    deaths += 1
                    if deaths > workers + self.tries * len(self.tasks):
                        sys.exit("the workers keep dying")
                for socket in asking:
                    self.take(*socket.recv_multipart())
                self.take_back()
            for name in self.idle:
                with suppress(zmq.ZMQError):
                    router.send_multipart([name, b"", b"", b""])  # no more
        finally:
            housekeeping.stop(crew.values())


def main() -> int:
    parser = housekeeping.make_parser(__doc__)
    parser.add_argument("file", nargs="?", metavar="FILE", help="a number in each line, - is stdin")
    parser.add_argument("--workers", type=int, default=2, metavar="N", help="of our own (2)")
    parser.add_argument("--lease", type=float, default=10.0, metavar="S", help="seconds (10)")
    parser.add_argument("--tries", type=int, default=3, metavar="N", help="per task (3)")
    parser.add_argument("--join", metavar="ADDRESS", help="be a worker of this farm")
    args = housekeeping.parse(parser)
    if (args.file is None) == (args.join is None):
        parser.error("either FILE or --join ADDRESS is needed")
    if args.workers < 0 or args.tries < 1 or not 0 < args.lease <= 86_400:
        parser.error("--workers must be 0 or more, --tries 1 or more, --lease a day at most")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the folder is removed
    try:
        if args.join:
            return work(args.join)
        with open(0 if args.file == "-" else args.file, "rb") as file:
            farm = Farm(file.read().splitlines(), args.lease, args.tries)
        with (
            TemporaryDirectory() as folder,  # nobody else can enter it
            zmq.Context() as context,
            context.socket(zmq.ROUTER) as router,
        ):
            address = f"ipc://{folder}/farm"
            router.linger = 1000
            router.router_mandatory = True  # to be told when a worker has left
            router.bind(address)
            complain(f"The farm is at {address}")
            farm.run(router, address, args.workers)
    except (OSError, zmq.ZMQError) as error:
        sys.exit(str(error))
    for number, (result, problem) in sorted(farm.answers.items()):
        if problem:
            complain(f"line {number + 1}: {problem.decode()}")
        else:
            print(f"{farm.tasks[number].decode()}: {result.decode()}")
    return 1 if any(problem for _, problem in farm.answers.values()) else 0


if __name__ == "__main__":
    housekeeping.run(main)
