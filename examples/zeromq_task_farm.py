"""A task farm: workers come and go, and no task is lost.

    seq 20 | python zeromq_task_farm.py
    python zeromq_task_worker.py math:factorial ipc:///ADDRESS

Each line of standard input is a task. A worker asks for its next task by answering the last. It has
it on lease: when the lease is over, another worker gets the task, and of two answers the first one
counts. The farm says its address, for workers from any terminal; it is in a folder of one's own.
"""

import sys
from argparse import ArgumentParser, RawTextHelpFormatter
from collections import deque
from tempfile import TemporaryDirectory
from time import monotonic

import zmq


def farm_out(lines: list[str], workers: "zmq.Socket[bytes]", lease_s: float) -> dict[int, str]:
    """The answers to all lines, by their number."""
    todo, idle, answers = deque(range(len(lines))), deque[bytes](), dict[int, str]()
    leases: dict[int, float] = {}  # until when somebody has a task
    while len(answers) < len(lines):
        while todo and idle:
            if (number := todo.popleft()) not in answers:
                task = [b"%d" % number, lines[number].encode()]
                workers.send_multipart([idle.popleft(), b"", *task])
                leases[number] = monotonic() + lease_s
        if workers.poll(50):
            worker, _, done, answer = workers.recv_multipart()
            idle.append(worker)
            if done:
                answers.setdefault(int(done), answer.decode())
                leases.pop(int(done), None)
        for number in [number for number, until in leases.items() if until < monotonic()]:
            print(f"line {number + 1} was not answered in time", file=sys.stderr, flush=True)
            del leases[number]
            todo.append(number)
    for worker in idle:
        workers.send_multipart([worker, b"", b"", b""])  # no more
    return answers


def main() -> None:
    parser = ArgumentParser(description=__doc__, formatter_class=RawTextHelpFormatter)
    parser.add_argument("--lease", type=float, default=10, metavar="S", help="seconds (10)")
    args = parser.parse_args()
    lines = sys.stdin.read().splitlines()
    with (
        TemporaryDirectory() as folder,
        zmq.Context() as context,
        context.socket(zmq.ROUTER) as workers,
    ):
        workers.linger = 1000
        workers.bind(f"ipc://{folder}/farm")
        print(f"The farm is at ipc://{folder}/farm", file=sys.stderr, flush=True)
        for _, answer in sorted(farm_out(lines, workers, args.lease).items()):
            print(answer)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
