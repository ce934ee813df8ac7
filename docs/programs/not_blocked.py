"""A bell ends the process, unless all its threads have blocked it."""

import os
from multiprocessing import Process
from signal import SIG_BLOCK, SIGUSR1, Signals, pthread_sigmask, sigwait
from threading import Event, Thread

BLOCK, START = "block it", "start a thread"


def ring_myself(*steps: str) -> None:
    enough = Event()
    for step in steps:
        if step == BLOCK:
            pthread_sigmask(SIG_BLOCK, {SIGUSR1})
        else:
            Thread(target=enough.wait).start()
    os.kill(os.getpid(), SIGUSR1)
    sigwait({SIGUSR1})
    enough.set()


if __name__ == "__main__":
    for steps in [], [BLOCK], [START, BLOCK], [BLOCK, START]:
        process = Process(target=ring_myself, args=steps)
        process.start()
        process.join()
        status = process.exitcode or 0
        said = f"ended by {Signals(-status).name}" if status else "heard"
        print(f"{', '.join(steps) or 'do nothing'}: {said}")
