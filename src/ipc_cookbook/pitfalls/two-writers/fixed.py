"""Let the writers share a lock."""

from multiprocessing import Barrier, Lock, Pipe, Process
from typing import Any

EACH = 500


def work(end: Any, together: Any, lock: Any) -> None:
    together.wait()
    for _ in range(EACH):
        with lock:
            end.send(bytes(20_000))


if __name__ == "__main__":
    reader, writer = Pipe(duplex=False)
    together, lock = Barrier(2), Lock()
    for _ in range(2):
        Process(target=work, args=(writer, together, lock), daemon=True).start()
    for _ in range(2 * EACH):
        reader.recv()
    print("all came")
