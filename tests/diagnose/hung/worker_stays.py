""":Cause: a worker does not end"""

import signal
from multiprocessing import Process


def work() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        signal.pause()


if __name__ == "__main__":
    process = Process(target=work)
    process.start()
    signal.raise_signal(signal.SIGINT)
