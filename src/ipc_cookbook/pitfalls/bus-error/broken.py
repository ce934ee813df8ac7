"""Bus error (core dumped), in a container.

:Message: ``killed by signal: Bus error``, ``Bus error (core dumped)``,
    ``insufficient shared memory (shm)``
:Asked as: docker bus error in shared memory, insufficient shared memory shm
:Cause: Shared memory lives in /dev/shm, and gets its pages when they are first written.
    In a container that is 64 MiB unless somebody asks for more. When there is no page
    left, the kernel ends the process that writes with SIGBUS, in the middle of its
    work.
:Fix: Reserve the pages before they are written: too few of them is an OSError then.
    More of them: ``docker run --shm-size=1g``.
:Affects: Linux, every start method, /dev/shm of 64 MiB
:Outcome: prints killed by signal: Bus error; mended, it raises OSError
"""

import signal
from multiprocessing import Process
from multiprocessing.shared_memory import SharedMemory


def fill(memory: SharedMemory) -> None:
    memory.buf[:] = bytes(memory.size)  # type: ignore[index,unused-ignore]


if __name__ == "__main__":
    memory = SharedMemory(create=True, size=100_000_000)
    try:
        process = Process(target=fill, args=(memory,))
        process.start()
        process.join()
        if process.exitcode:
            print("killed by signal:", signal.strsignal(-process.exitcode))
    finally:
        memory.close()
        memory.unlink()
