""":Cause: file lock not released"""

import fcntl
import tempfile
from multiprocessing import Event, Process
from typing import Any


def hold(path: str, held: Any, never: Any) -> None:
    with open(path) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        held.set()
        never.wait()


if __name__ == "__main__":
    with tempfile.NamedTemporaryFile() as file:
        held, never = Event(), Event()
        process = Process(target=hold, args=(file.name, held, never))
        process.start()
        held.wait()
        fcntl.flock(file, fcntl.LOCK_EX)
