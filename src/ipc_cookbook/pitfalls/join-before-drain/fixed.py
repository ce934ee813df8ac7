"""Read the queue first, then join the process."""

from multiprocessing import Process, Queue


def work(results: "Queue[bytes]") -> None:
    results.put(bytes(1_000_000))


if __name__ == "__main__":
    results: "Queue[bytes]" = Queue()
    process = Process(target=work, args=(results,))
    process.start()
    print(len(results.get()), "bytes")
    process.join()
