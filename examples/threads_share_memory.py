"""Threads share a global variable, processes do not, and sharing alone is not enough.

The same loop is run by two processes and by two threads; then the threads get a lock,
and at last a condition. Each line of output says what became of the fifty words.
"""

from argparse import ArgumentParser, RawTextHelpFormatter
from collections.abc import Callable
from itertools import pairwise
from multiprocessing import Process, SimpleQueue
from threading import Barrier, Condition, Lock, Thread

LIMIT = 50
spoken: list[str] = []  # the variable that all of this is about
lock, changed, both_have_looked = Lock(), Condition(), Barrier(2)


def speak(word: str) -> None:
    while len(spoken) < LIMIT:
        spoken.append(word)


def speak_last(word: str) -> None:
    """One turn of ``speak``, in the worst order: both look before either speaks."""
    if len(spoken) < LIMIT:
        both_have_looked.wait()
        spoken.append(word)


def speak_locked(word: str) -> None:
    """Look and speak with nobody in between. Whose turn it is, a lock does not know."""
    while len(spoken) < LIMIT:
        with lock:
            if len(spoken) < LIMIT:
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


def speak_and_tell(counts: "SimpleQueue[int]") -> None:
    speak("Ping")
    counts.put(len(spoken))


def by_processes() -> str:
    counts: SimpleQueue[int] = SimpleQueue()
    for _ in range(2):
        Process(target=speak_and_tell, args=(counts,), daemon=True).start()
    one, other = counts.get(), counts.get()
    return f"{one} + {other} words, and {len(spoken)} in the program itself"


if __name__ == "__main__":
    parser = ArgumentParser(description=__doc__, formatter_class=RawTextHelpFormatter)
    parser.parse_args()
    print("two processes:               ", by_processes())
    print("two threads:                 ", by_threads(speak))
    print("two threads, in a bad moment:", by_threads(speak_last, already=LIMIT - 1))
    print("two threads and a lock:      ", by_threads(speak_locked))
    print("two threads and a condition: ", by_threads(speak_in_turn))
