"""Counter too low: value += 1 from several processes.

:Asked as: Value increment is not atomic, Value has no atomic operations, counter wrong
    with shared Value, Value loses updates
:Cause: ``+=`` is three steps: read, add, write. The lock of a Value guards each read
    and each write, not the three together. Between the read and the write of one
    process another one counts, and what it wrote is overwritten.
:Fix: Hold the value's own lock during all three: ``with number.get_lock():``
:Affects: every start method
:Known as: python/cpython#106691
:Outcome: prints ... lost; mended, it prints all counted
"""

from multiprocessing import Barrier, Process, Value
from typing import Any

EACH = 200_000


def count(number: Any, together: Any) -> None:
    together.wait()
    for _ in range(EACH):
        number.value += 1


if __name__ == "__main__":
    number, together = Value("q", 0), Barrier(2)
    processes = [Process(target=count, args=(number, together)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    lost = 2 * EACH - number.value
    print(f"{lost} lost" if lost else "all counted")
