"""Joining a process before its queue is emptied: it waits for a reader, the reader for it."""

from multiprocessing import Process, Queue


def work(results: "Queue[bytes]") -> None:
    results.put(bytes(1_000_000))


if __name__ == "__main__":
    results: "Queue[bytes]" = Queue()
    process = Process(target=work, args=(results,))
    process.start()
    process.join(timeout=1)
    print("still alive after a second of join:", process.is_alive())
    print("then the queue is read:", len(results.get()), "bytes")
    process.join(timeout=10)
    print("now it has ended:", not process.is_alive())
