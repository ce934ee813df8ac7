"""Fifty words from two processes that count in a global variable: it does not work.

    python examples/pingpong_global.py
    python examples/pingpong_global.py --start-method spawn --pause 0

Each process counts in a variable of its own, so each says fifty words. The variable of the
process that started them never changes at all.
"""

import sys
from multiprocessing import Process
from time import sleep

from command_line import between, make_parser, one_line_for_an_oserror, parse, run
from workers import end_with_parent, running

LIMIT = 50
said = 0


def speak(word: str, pause: float) -> None:
    global said
    end_with_parent()
    with one_line_for_an_oserror():
        while said < LIMIT:
            print(word, end="", flush=True)
            said += 1
            sleep(pause)


def main() -> int:
    parser = make_parser(__doc__)
    parser.add_argument(
        "--pause", type=between(0.0, 60.0), default=0.01, metavar="S", help="seconds (0.01)"
    )
    args = parse(parser)
    ping = Process(target=speak, args=("Ping", args.pause))
    pong = Process(target=speak, args=("Pong", args.pause))
    with running([ping, pong]):
        ping.join()
        pong.join()
    print()
    print(f"In the process that started them, said is {said}.", file=sys.stderr)
    return 1 if ping.exitcode or pong.exitcode else 0


if __name__ == "__main__":
    run(main)
