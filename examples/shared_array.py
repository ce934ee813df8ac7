"""One array for several processes: each calls a function with a part of it, in place.

python shared_array.py numpy:sqrt --size 1000000 --workers 2
"""

import os
import signal
import sys
from argparse import ArgumentParser, RawTextHelpFormatter
from multiprocessing import Process, parent_process
from multiprocessing.connection import wait
from multiprocessing.shared_memory import SharedMemory
from pkgutil import resolve_name
from threading import Thread
from typing import Any

try:
    import numpy as np
except ImportError:
    np = None  # type: ignore[assignment]


def view(memory: Any, first: int, size: int) -> Any:
    """An array that is a part of the memory, which cannot be closed meanwhile."""
    return np.frombuffer(memory.buf, float, size, 8 * first)


def work(function: str, memory: SharedMemory, first: int, size: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent alone
    parent: Any = parent_process()  # which may be killed, and then cannot end us
    Thread(target=lambda: parent.join() or os._exit(1), daemon=True).start()
    part = view(memory, first, size)
    part[:] = resolve_name(function)(part)
    del part
    memory.close()


def run(function: str, memory: SharedMemory, size: int, workers: int) -> None:
    crew: dict[Any, Process] = {}  # by the sentinel that says that one has ended
    for first in range(0, size, each := -(size // -workers)):
        part = function, memory, first, min(each, size - first)
        worker = Process(target=work, args=part, daemon=True)
        worker.start()
        crew[worker.sentinel] = worker
    while crew:
        for sentinel in wait([*crew]):
            worker = crew.pop(sentinel)
            worker.join()
            if worker.exitcode:
                sys.exit(f"worker {worker.pid} died ({worker.exitcode}) in its part")


def main() -> None:
    parser = ArgumentParser(description=__doc__, formatter_class=RawTextHelpFormatter)
    parser.add_argument("function", metavar="MODULE:FUNCTION")
    parser.add_argument("--size", metavar="N", type=int, default=10**6, help="(10**6)")
    parser.add_argument("--workers", metavar="N", type=int, default=2, help="(2)")
    args = parser.parse_args()
    if np is None:
        sys.exit("there is no NumPy: pip install numpy")
    memory = SharedMemory(create=True, size=8 * args.size)
    try:
        if hasattr(os, "posix_fallocate"):  # is there so much room?
            os.posix_fallocate(memory._fd, 0, memory.size)  # type: ignore[attr-defined]
        view(memory, 0, args.size)[:] = np.arange(args.size)
        run(args.function, memory, args.size, args.workers)
        print(view(memory, 0, args.size))
    except OSError as error:
        sys.exit(f"{memory.size} bytes of shared memory: {error.strerror}")
    finally:
        memory.unlink()
        memory.close()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
