"""Reserve the pages before they are written."""

import os
import signal
from multiprocessing import Process
from multiprocessing.shared_memory import SharedMemory


def fill(memory: SharedMemory) -> None:
    memory.buf[:] = bytes(memory.size)  # type: ignore[index,unused-ignore]


if __name__ == "__main__":
    memory = SharedMemory(create=True, size=100_000_000)
    try:
        with open(f"/dev/shm/{memory.name}", "r+b") as file:
            os.posix_fallocate(file.fileno(), 0, memory.size)
        process = Process(target=fill, args=(memory,))
        process.start()
        process.join()
        if process.exitcode:
            print("killed by signal:", signal.strsignal(-process.exitcode))
    finally:
        memory.close()
        memory.unlink()
