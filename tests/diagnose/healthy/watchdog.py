"""A child that waits for ever, and a parent that ends it when its time is over."""

import multiprocessing
import signal
from multiprocessing import Process
from threading import Timer


def work() -> None:
    print("ready", flush=True)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        signal.pause()


if __name__ == "__main__":
    process = Process(target=work)
    process.start()
    Timer(600, process.terminate).start()
    process.join()
    multiprocessing.active_children()
