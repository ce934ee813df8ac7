"""Make the workers daemons, which Python ends with the parent."""

import signal
from multiprocessing import Process


def work() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    while True:
        signal.pause()


if __name__ == "__main__":
    process = Process(target=work, daemon=True)
    process.start()
    signal.raise_signal(signal.SIGINT)  # as Ctrl-C does
