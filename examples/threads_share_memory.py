"""Threads share a global variable, processes do not, and sharing alone is not enough.

    python examples/threads_share_memory.py
    python examples/threads_share_memory.py --start-method spawn

The same loop is run by two processes and by two threads; then the threads get a lock, and at
last a condition. Each line of output says what became of the fifty words.
"""

import sys
from collections.abc import Callable
from itertools import pairwise
from multiprocessing import Pipe, Process
from multiprocessing.connection import Connection
from threading import Barrier, Condition, Lock, Thread

import command_line
import workers

LIMIT = 50
spoken: list[str] = []  # the variable that all of this is about
lock = Lock()
changed = Condition()
both_have_looked = Barrier(2)


def speak(word: str) -> None:
    while len(spoken) < LIMIT:
        spoken.append(word)


def speak_last(word: str) -> None:
    """One turn of ``speak``, in the worst order: both look before either speaks."""
    if len(spoken) < LIMIT:
        both_have_looked.wait()
        spoken.append(word)


def speak_locked(word: str) -> None:
    """Look and speak without anybody in between. Whose turn it is, a lock does not know."""
    while True:
        with lock:
            if len(spoken) >= LIMIT:
                return
            spoken.append(word)


def speak_in_turn(word: str) -> None:
    """Sleep until it is this word's turn, speak, wake the other."""
    parity = ("Ping", "Pong").index(word)
    while True:
        with changed:
            changed.wait_for(lambda: len(spoken) % 2 == parity or len(spoken) >= LIMIT)
            if len(spoken) >= LIMIT:
                return
            spoken.append(word)
            changed.notify()


def by_threads(function: Callable[[str], None], already: int = 0) -> str:
    spoken[:] = ["Ping"] * already
    threads = [Thread(target=function, args=(word,)) for word in ("Ping", "Pong")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    repeats = sum(one == other for one, other in pairwise(spoken[already:]))
    return f"{len(spoken)} words, {repeats} times the same one again"


def speak_and_tell(word: str, sender: Connection) -> None:
    workers.end_with_parent()
    speak(word)
    sender.send(len(spoken))


def by_processes() -> str:
    receivers = []
    for word in ("Ping", "Pong"):
        receiver, sender = Pipe(duplex=False)
        with sender:
            workers.start(Process(target=speak_and_tell, args=(word, sender)))
        receivers.append(receiver)
    ping, pong = (receiver.recv() for receiver in receivers)
    return f"{ping} + {pong} words, and {len(spoken)} in the program that started them"


def main() -> int:
    parser = command_line.make_parser(__doc__)
    command_line.parse(parser)
    try:
        print("two processes:               ", by_processes())
    except EOFError:
        sys.exit("a process died before it could tell its count")
    print("two threads:                 ", by_threads(speak))
    print("two threads, in a bad moment:", by_threads(speak_last, already=LIMIT - 1))
    print("two threads and a lock:      ", by_threads(speak_locked))
    print("two threads and a condition: ", by_threads(speak_in_turn))
    return 0


if __name__ == "__main__":
    command_line.run(main)
