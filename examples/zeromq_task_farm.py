"""A task farm: workers come and go, and no task is lost.

    seq 20 | python zeromq_task_farm.py
    python zeromq_task_worker.py math:factorial ipc:///ADDRESS

Each line of standard input is a task. A worker asks for its next one by answering the
last. When its lease is over, another worker gets the task; of two answers the first one
counts. With --listen tcp://HOST:PORT and --keys, workers of other hosts can come, if
the farm has their keys.
"""

import sys
from argparse import ArgumentParser, RawTextHelpFormatter
from collections import deque
from contextlib import ExitStack
from tempfile import TemporaryDirectory
from time import monotonic

import zmq
from zmq.auth import load_certificate
from zmq.auth.thread import ThreadAuthenticator


def farm_out(
    lines: list[str], workers: "zmq.Socket[bytes]", lease_s: float
) -> dict[int, str]:
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
        late = [number for number, until in leases.items() if until < monotonic()]
        for number in late:
            print(f"line {number + 1} was not answered in time", file=sys.stderr)
            del leases[number]
            todo.append(number)
    for worker in idle:
        workers.send_multipart([worker, b"", b"", b""])  # no more
    return answers


def admit(workers: "zmq.Socket[bytes]", keys: str) -> ThreadAuthenticator:
    """Encrypt, and let in those alone who have the key to a file in ``workers/``."""
    own = load_certificate(f"{keys}/farm.key_secret")
    workers.curve_publickey, workers.curve_secretkey = own
    workers.curve_server = workers.zap_enforce_domain = True
    workers.zap_domain = b"farm"
    gate = ThreadAuthenticator(workers.context)
    gate.start()
    gate.configure_curve(domain="farm", location=f"{keys}/workers")
    return gate


def main() -> None:
    parser = ArgumentParser(description=__doc__, formatter_class=RawTextHelpFormatter)
    add = parser.add_argument
    add("--lease", type=float, default=10, metavar="S", help="seconds (10)")
    add("--listen", metavar="ADDRESS", help="where; this needs --keys")
    add("--keys", metavar="DIR", help="farm.key_secret and workers/")
    args = parser.parse_args()
    if args.listen and not args.keys:
        parser.error("--listen needs --keys, or anybody could take and answer tasks")
    with TemporaryDirectory() as folder, ExitStack() as stack:
        workers = stack.enter_context(zmq.Context().socket(zmq.ROUTER))
        workers.linger = 1000
        if args.keys:
            stack.callback(admit(workers, args.keys).stop)
        workers.bind(args.listen or f"ipc://{folder}/farm")
        address = workers.getsockopt_string(zmq.LAST_ENDPOINT)
        print("The farm is at", address, file=sys.stderr)
        answers = farm_out(sys.stdin.read().splitlines(), workers, args.lease)
        print(*(f"{answer}\n" for _, answer in sorted(answers.items())), sep="", end="")
    workers.context.term()  # once what was sent last has arrived; not after Ctrl-C


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
