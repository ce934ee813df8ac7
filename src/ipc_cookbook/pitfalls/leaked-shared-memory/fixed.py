"""Make the memory, then start the other process with multiprocessing: one tracker."""

import sys
from multiprocessing import Process
from multiprocessing.shared_memory import SharedMemory


def look(name: str) -> None:
    SharedMemory(name).close()


if __name__ == "__main__":
    if sys.argv[1:]:
        look(sys.argv[1])
        sys.exit()
    memory = SharedMemory(create=True, size=100)
    process = Process(target=look, args=(memory.name,))
    process.start()
    process.join()
    look(memory.name)
    print("still there")
    memory.close()
    memory.unlink()
