"""Fifty words from two processes that pass a number through one queue: order is luck.

    python pingpong_one_queue.py
    python pingpong_one_queue.py --pause 0
    python pingpong_one_queue.py --wait join

The number is never lost, so there are exactly fifty words. But both take from the queue
that both put into, and who puts the number back may be the first to take it again. A
pause after each word makes that rare and does not rule it out.

The parent waits by asking over and over whether both still live, which keeps a whole
CPU busy. With ``--wait join`` it sleeps until one of them has ended, as ``join`` does.
"""

import multiprocessing
import os
import signal
import sys
import time
from argparse import ArgumentParser, RawTextHelpFormatter
from multiprocessing import Process, Queue
from multiprocessing.connection import wait
from threading import Thread
from typing import Any

LIMIT = 50


def speak(word: str, numbers: "Queue[int]", pause_s: float) -> None:
    leave_it_to_the_parent()
    while (number := numbers.get()) < LIMIT:
        print(word, end="", flush=True)
        numbers.put(number + 1)
        time.sleep(pause_s)


def leave_it_to_the_parent() -> None:
    """To hear Ctrl-C, and to end us; unless it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent: Any = multiprocessing.parent_process()
    Thread(target=lambda: parent.join() or os._exit(1), daemon=True).start()


def main() -> None:
    methods = multiprocessing.get_all_start_methods()
    parser = ArgumentParser(description=__doc__, formatter_class=RawTextHelpFormatter)
    add = parser.add_argument
    add("--pause", type=float, default=0.01, metavar="S", help="seconds (0.01)")
    add("--wait", choices=("loop", "join"), default="loop")
    add("--start-method", choices=methods)
    args = parser.parse_args()
    multiprocessing.set_start_method(args.start_method)
    numbers: Queue[int] = Queue()
    ping = Process(target=speak, args=("Ping", numbers, args.pause), daemon=True)
    pong = Process(target=speak, args=("Pong", numbers, args.pause), daemon=True)
    ping.start()
    pong.start()
    numbers.put(0)
    begin_s, cpu_begin_s = time.perf_counter(), time.process_time()
    while args.wait == "loop" and ping.is_alive() and pong.is_alive():
        pass
    ended = wait([ping.sentinel, pong.sentinel])
    (ping if ping.sentinel in ended else pong).join()  # then its exit code is known
    took_s, cpu_s = time.perf_counter() - begin_s, time.process_time() - cpu_begin_s
    print()
    if ping.exitcode or pong.exitcode:
        sys.exit("a player died, and the number may have died with it")
    numbers.put(LIMIT)  # one of them has taken the last number; this is for the other
    ping.join()
    pong.join()
    print(f"Waited {took_s:.3f} s and used {cpu_s:.3f} s of CPU.", file=sys.stderr)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
