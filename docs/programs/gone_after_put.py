"""A process puts more than a pipe holds, and is gone as soon as put has returned."""

import os
from multiprocessing import Process, Queue, SimpleQueue
from typing import Any


def put(queue: Any) -> None:
    queue.put(bytes(1_000_000))
    os._exit(0)  # as if it were killed


def get(queue: Any) -> None:
    print(f"a reader gets {len(queue.get())} bytes")


if __name__ == "__main__":
    for make, writer_s, reader_s in (SimpleQueue, 1, None), (Queue, None, 1):
        print(make.__name__)
        queue: Any = make()
        writer = Process(target=put, args=(queue,))
        reader = Process(target=get, args=(queue,))
        writer.start()
        writer.join(writer_s)
        print("is the writer still in put, when nobody reads?", writer.is_alive())
        reader.start()
        reader.join(reader_s)
        print("is the reader still in get, when nobody writes?", reader.is_alive())
        reader.terminate()
