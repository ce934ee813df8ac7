"""resource_tracker: There appear to be 1 leaked shared_memory objects.

:Message: ``resource_tracker: There appear to be ... leaked shared_memory objects``,
    ``FileNotFoundError: [Errno 2] No such file or directory: '/psm_...'``
:Asked as: SharedMemory disappears when other process exits,
    shared_memory unlinked by child
:Cause: Each program that attaches to shared memory tells a resource tracker of its own.
    As the program ends, its tracker says that it was forgotten, and removes it, though
    its creator still needs it. The same words come where nobody calls ``unlink``.
:Fix: Make the memory, then start the other process with multiprocessing: one tracker.
    Others attach with ``track=False``, from 3.13 on. The maker calls ``unlink``, once.
:Affects: every start method, Linux, macOS
:Known as: python/cpython#82300
:Outcome: raises FileNotFoundError; mended, it prints still there
"""

import subprocess
import sys
from multiprocessing.shared_memory import SharedMemory


def look(name: str) -> None:
    SharedMemory(name).close()


if __name__ == "__main__":
    if sys.argv[1:]:
        look(sys.argv[1])
        sys.exit()
    memory = SharedMemory(create=True, size=100)
    subprocess.check_output([sys.executable, __file__, memory.name])
    look(memory.name)
    print("still there")
    memory.close()
    memory.unlink()
