"""A program that only looks at shared memory takes it away from all others as it ends."""

import subprocess
import sys
from multiprocessing.shared_memory import SharedMemory
from typing import Any

LOOK = """
import sys
from multiprocessing.shared_memory import SharedMemory
memory = SharedMemory(sys.argv[1])
print("another program reads", bytes(memory.buf[:5]), flush=True)
memory.close()
"""

if __name__ == "__main__":
    memory: Any = SharedMemory(create=True, size=5)
    memory.buf[:5] = b"hello"
    command = [sys.executable, "-c", LOOK, memory.name]
    subprocess.run(command, check=True, stderr=subprocess.PIPE)  # where its tracker warns
    try:
        SharedMemory(memory.name)
    except FileNotFoundError:
        print("now nobody can open it any more")
    print("whoever has it reads", bytes(memory.buf[:5]))
    again = SharedMemory(memory.name, create=True, size=5)
    again.close()
    again.unlink()  # or our own tracker would look for the first one
    memory.close()
