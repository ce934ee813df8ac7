"""Each line of a file for all who subscribe: here, one process for each word.

    python publish_subscribe.py LICENSE software notice

It counts how often the word is there, and how many lines it has missed.
"""

import os
import signal
import sys
from argparse import ArgumentParser, RawTextHelpFormatter
from functools import partial
from multiprocessing import Process, parent_process
from multiprocessing.connection import wait
from shutil import rmtree
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any

import zmq


def subscribe(word: str, folder: str, room: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent alone
    parent: Any = parent_process()  # which may be killed, and then cannot tidy up
    remove: Any = partial(rmtree, folder, ignore_errors=True)
    Thread(target=lambda: parent.join() or remove() or os._exit(1), daemon=True).start()
    found, seen, line = 0, 0, [b""]
    with zmq.Context() as context, context.socket(zmq.SUB) as news:
        news.rcvhwm = room
        news.subscribe("")  # to all that is published
        news.subscribe(word)  # so that the publisher knows that we are there
        news.connect(f"ipc://{folder}/news")
        while line:  # the last message has none
            number, *line = news.recv_multipart()
            seen += len(line)
            found += b"".join(line).lower().count(word.encode())
    lost = int(number) - seen
    print(f"{word}: {found} in {seen} lines, {lost} lines lost", flush=True)
    sys.exit(1 if lost else 0)


def main() -> int:
    parser = ArgumentParser(description=__doc__, formatter_class=RawTextHelpFormatter)
    parser.add_argument("file", metavar="FILE")
    parser.add_argument("words", metavar="WORD", nargs="+")
    parser.add_argument("--room", type=int, default=1000, metavar="N", help="(1000)")
    parser.add_argument("--at-once", action="store_true", help="wait for nobody")
    args, number = parser.parse_args(), 0
    missing, crew = set(args.words), list[Process]()
    with open(args.file, "rb") as lines, TemporaryDirectory() as folder:
        for word in missing:
            given = word, folder, args.room
            crew.append(Process(target=subscribe, args=given, name=word, daemon=True))
            crew[-1].start()  # before ZeroMQ has threads here
        with zmq.Context().socket(zmq.XPUB) as news:
            news.sndhwm, news.linger = args.room, 0
            news.bind(f"ipc://{folder}/news")
            while missing and not args.at_once and all(map(Process.is_alive, crew)):
                if news.poll(100):  # ms
                    missing.discard(news.recv()[1:].decode())
            for number, line in enumerate(lines, 1):
                news.send_multipart([b"%d" % number, line])
            while running := [each.sentinel for each in crew if each.is_alive()]:
                news.send(b"%d" % number)  # the end; again and again, or it may be lost
                wait(running, timeout=0.1)
        news.context.term()  # not after Ctrl-C: it may have come as a socket was made
    failed = [each for each in crew if each.exitcode]
    for each in failed:
        print(f"{each.name} ended with status {each.exitcode}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        sys.exit(str(error))
