"""process.join() hangs after queue.put.

:Asked as: process.join hangs with a queue, process.join deadlock queue.put, child does
    not exit until queue is read
:Cause: A process that has put something into a Queue does not end before its feeder
    thread has written all of it into the queue's pipe. A pipe holds some 64 KiB. The
    parent reads only after join, so the child waits for the reader and the reader for
    the child.
:Fix: Read the queue first, then join the process.
:Affects: every start method; small objects fit into the pipe, and hide the fault.
:Known as: python/cpython#73983, python/cpython#91594
:Outcome: hangs
"""

from multiprocessing import Process, Queue


def work(results: "Queue[bytes]") -> None:
    results.put(bytes(1_000_000))


if __name__ == "__main__":
    results: "Queue[bytes]" = Queue()
    process = Process(target=work, args=(results,))
    process.start()
    process.join()
    print(len(results.get()), "bytes")
