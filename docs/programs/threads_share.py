"""The same endpoints in two threads, and in two processes."""

import multiprocessing
import threading

from ipc_cookbook.recipes import global_variable


def exchange(worker: type) -> None:
    with global_variable.open_pair(multiprocessing.get_context(), 100) as (one, other):
        first = worker(target=one.send, args=((7, b"hello"),))
        first.start()
        first.join()
        print(f"{worker.__name__}: the other end receives {other.recv()}")


if __name__ == "__main__":
    exchange(multiprocessing.Process)
    exchange(threading.Thread)
