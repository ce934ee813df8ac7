"""The child hangs in logging, or at exit, after fork.

:Message: ``use of fork() may lead to deadlocks in the child``
:Asked as: child hangs in logging after fork, fork with threads deadlocks
:Cause: fork copies all locks, and one thread: the one that calls it. A lock that
    another thread holds stays locked in the copy, for ever. Many libraries have some.
:Fix: Start the processes before the threads, or take another start method.
:Affects: fork; Linux's default up to Python 3.13; from 3.12 on, ``-W default`` warns.
:Known as: python/cpython#84559
:Outcome: hangs; mended, it prints working
"""

from multiprocessing import Process
from threading import Event, Lock, Thread

lock, has_it = Lock(), Event()


def hold() -> None:
    with lock:
        has_it.set()
        Event().wait()  # for a long time


def work() -> None:
    with lock:
        print("working")


if __name__ == "__main__":
    thread, process = Thread(target=hold, daemon=True), Process(target=work)
    thread.start()
    has_it.wait()
    process.start()
    process.join()
