"""Fifty words from two processes that pass a number through one queue: the order is luck.

    python examples/pingpong_one_queue.py
    python examples/pingpong_one_queue.py --pause 0
    python examples/pingpong_one_queue.py --wait join

The number is never lost, so there are exactly fifty words. But both take from the queue that
both put into, and who puts the number back may be the first to take it again. A pause after
each word makes that rare and does not rule it out.

The parent waits by asking over and over whether both still live, which keeps a whole CPU
busy. With ``--wait join`` it sleeps until one of them has ended, as ``join`` does.
"""

import sys
import time
from multiprocessing import Process, Queue
from multiprocessing.connection import wait

from command_line import between, make_parser, one_line_for_an_oserror, parse, run
from workers import ctrl_c_is_for_us, end_with_parent, running

LIMIT = 50


def speak(word: str, numbers: "Queue[int]", pause: float) -> None:
    end_with_parent()
    number = numbers.get()
    with one_line_for_an_oserror():
        while number < LIMIT:
            print(word, end="", flush=True)
            numbers.put(number + 1)
            time.sleep(pause)
            number = numbers.get()


def main() -> int:
    parser = make_parser(__doc__)
    parser.add_argument(
        "--pause", type=between(0.0, 60.0), default=0.01, metavar="S", help="seconds (0.01)"
    )
    parser.add_argument("--wait", choices=("loop", "join"), default="loop")
    args = parse(parser)
    numbers: Queue[int] = Queue()
    ping = Process(target=speak, args=("Ping", numbers, args.pause))
    pong = Process(target=speak, args=("Pong", numbers, args.pause))
    with running([ping, pong]):
        with ctrl_c_is_for_us():  # the first put starts a thread
            numbers.put(0)
        begin, cpu_begin = time.perf_counter(), time.process_time()
        if args.wait == "loop":
            while ping.is_alive() and pong.is_alive():
                pass
        else:
            (ping if ping.sentinel in wait([ping.sentinel, pong.sentinel]) else pong).join()
        seconds, cpu_seconds = time.perf_counter() - begin, time.process_time() - cpu_begin
        if ping.exitcode or pong.exitcode:
            print()
            sys.exit("a player died, and the number may have died with it")
        numbers.put(LIMIT)  # one of them has taken the last number; this is for the other
        ping.join()
        pong.join()
    print()
    print(f"Waited {seconds:.3f} s and used {cpu_seconds:.3f} s of CPU.", file=sys.stderr)
    return 1 if ping.exitcode or pong.exitcode else 0


if __name__ == "__main__":
    run(main)
