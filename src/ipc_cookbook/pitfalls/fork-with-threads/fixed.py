"""Start the processes before the threads."""

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
    process.start()
    thread.start()
    has_it.wait()
    process.join()
