"""Hold the value's lock while it is read, changed and written."""

from multiprocessing import Barrier, Process, Value
from typing import Any

EACH = 200_000


def count(number: Any, together: Any) -> None:
    together.wait()
    for _ in range(EACH):
        with number.get_lock():
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
