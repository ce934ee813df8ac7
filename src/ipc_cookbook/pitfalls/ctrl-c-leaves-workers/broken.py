"""Workers stay after Ctrl-C.

:Asked as: ctrl-c leaves processes running, KeyboardInterrupt does not kill workers,
    ctrl-c does not interrupt child workers, child processes keep running after ctrl-c
:Cause: Ctrl-C ends the parent's work with KeyboardInterrupt. Then Python waits for all
    children that are not daemons, and a worker that ignores Ctrl-C does not end. Who
    presses it once more ends the parent alone: the workers stay, as orphans.
:Fix: Make the workers daemons: then Python ends them when the parent ends.
:Affects: every start method, Linux, macOS
:Outcome: hangs; mended, it raises KeyboardInterrupt
"""

import signal
from multiprocessing import Process


def work() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    while True:
        signal.pause()


if __name__ == "__main__":
    process = Process(target=work)
    process.start()
    signal.raise_signal(signal.SIGINT)  # as Ctrl-C does
