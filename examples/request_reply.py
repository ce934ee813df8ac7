"""Call a function in another process: send a request, wait for the reply.

    python request_reply.py 91 2026 1000003

A number is the request, its prime factors are the reply.
"""

import os
import signal
import sys
from argparse import ArgumentParser, RawTextHelpFormatter
from math import isqrt
from multiprocessing import Pipe, Process, parent_process
from multiprocessing.connection import Connection
from threading import Thread
from typing import Any


def factors(number: int) -> list[int]:
    first = next((d for d in range(2, isqrt(number) + 1) if number % d == 0), number)
    return [first] if first == number else [first, *factors(number // first)]


def serve(client: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent alone
    parent: Any = parent_process()  # which may be killed, and then cannot end us
    Thread(target=lambda: parent.join() or os._exit(1), daemon=True).start()
    while True:
        try:
            client.send((factors(client.recv()), ""))
        except ValueError as error:
            client.send(([], str(error)))
        except (EOFError, OSError):  # the client has gone
            return


def main() -> int:
    parser = ArgumentParser(description=__doc__, formatter_class=RawTextHelpFormatter)
    parser.add_argument("numbers", metavar="NUMBER", nargs="+", type=int)
    parser.add_argument("--limit", type=float, default=60, metavar="S", help="(60)")
    args, failures = parser.parse_args(), 0
    ours, theirs = Pipe()
    server = Process(target=serve, args=(theirs,), daemon=True)
    with theirs:  # with our copy open, the pipe would not end when the server does
        server.start()
    for number in args.numbers:
        try:
            ours.send(number)
            if not ours.poll(args.limit):
                sys.exit(f"{number}: no reply within {args.limit:g} s")
            reply, problem = ours.recv()
        except (EOFError, OSError):
            server.join()
            sys.exit(f"{number}: the server died with status {server.exitcode}")
        print(f"{number}:", problem or reply, flush=True)
        failures += bool(problem)
    return 1 if failures else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
