"""A task farm: workers come and go, and no task is lost or done twice without notice.

    seq 20 | python examples/zeromq_task_farm.py math:factorial -
    python examples/zeromq_task_farm.py math:factorial numbers.txt --workers 0

A task is to call the function with a line of the file: a Python literal if it can be one. A
worker asks for its next task by answering the last. It has a task on lease: when the lease is
over, another worker gets the task, and of two answers the first one counts. More workers may
come, from any terminal, at any time: zeromq_task_worker.py.
"""

from collections import deque
from contextlib import suppress
from functools import partial
from multiprocessing import Process
from tempfile import TemporaryDirectory

import command_line
import workers
from command_line import complain, needing, say
from leases import Leases

with needing("pyzmq"):
    import zmq
    from zeromq_task_worker import work

TICK_MS = 50


class Farm:
    """Ventilator and sink in one: only who knows both ends can tell what is missing."""

    def __init__(self, router: "zmq.Socket[bytes]", lines: list[bytes], leases: Leases) -> None:
        self.router, self.lines, self.leases = router, lines, leases
        self.idle = deque[bytes]()  # workers who wait for a task
        self.answers = dict[int, list[bytes]]()  # number to result and problem

    def hand_out(self) -> None:
        while self.idle and (number := self.leases.begin()) is not None:
            task = b"%d" % number, self.lines[number]
            try:
                self.router.send_multipart([self.idle.popleft(), b"", *task])
            except zmq.ZMQError:  # this worker has left
                self.leases.cancel(number)

    def take(self, worker: bytes, _: bytes, name: bytes, *answer: bytes) -> None:
        self.idle.append(worker)
        if name and self.leases.answered(int(name)):
            self.answers[int(name)] = [*answer]
        elif name:
            complain(f"line {int(name) + 1} was done more than once")

    def take_back(self) -> None:
        for number in self.leases.overdue():
            complain(f"line {number + 1} was not answered in time")
            if self.leases.is_hopeless(number) and self.leases.answered(number):
                self.answers[number] = [b"", b"given up after %d tries" % self.leases.tries]

    def run(self, crew: workers.Crew) -> None:
        """Until all is answered, by workers of our own or from elsewhere."""
        with crew as replace_dead, command_line.progress(len(self.lines), "tasks") as show:
            while self.leases.unanswered:
                self.hand_out()
                if self.router.poll(TICK_MS):
                    self.take(*self.router.recv_multipart())
                self.take_back()
                for worker in replace_dead():
                    complain(f"worker {worker.pid} {workers.end_of(worker)}")
                show(len(self.answers))
            for name in self.idle:
                with suppress(zmq.ZMQError):
                    self.router.send_multipart([name, b"", b"", b""])  # no more


def main() -> int:
    parser = command_line.make_parser(__doc__)
    add, between = parser.add_argument, command_line.between
    add("function", metavar="MODULE:FUNCTION", type=command_line.function)
    add("lines", metavar="FILE", type=command_line.lines, help="of tasks, - is stdin")
    add("--workers", type=between(0, 256), default=2, metavar="N", help="of our own (2)")
    add("--lease", type=between(0.01, 86_400.0), default=10.0, metavar="S", help="seconds (10)")
    add("--tries", type=between(1, 1000), default=3, metavar="N", help="per task (3)")
    args = command_line.parse(parser)
    with TemporaryDirectory() as folder, zmq.Context() as context:  # the folder is ours alone
        with workers.ctrl_c_is_for_us():  # the context waits for ever for half a socket
            router = context.socket(zmq.ROUTER)
        router.linger = 1000
        router.router_mandatory = True  # to be told when a worker has left
        address = f"ipc://{folder}/farm"
        router.bind(address)
        complain(f"The farm is at {address}")
        farm = Farm(router, args.lines, Leases(len(args.lines), args.lease, args.tries))
        hire = partial(Process, target=work, args=(args.function, address))
        most_deaths = args.workers + args.tries * len(args.lines)
        farm.run(workers.crew_of(args.workers, hire, most_deaths))
    for number, (result, problem) in sorted(farm.answers.items()):
        if problem:
            complain(f"line {number + 1}: {problem.decode()}")
        else:
            say(f"{args.lines[number].decode(errors='replace')}: {result.decode()}")
    return 1 if any(problem for _, problem in farm.answers.values()) else 0


if __name__ == "__main__":
    command_line.run(main)
