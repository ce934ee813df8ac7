"""A file's lock whose holder sleeps."""

import fcntl
import tempfile
import time
from multiprocessing import Event, Process
from typing import Any


def hold(path: str, held: Any) -> None:
    with open(path) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        held.set()
        time.sleep(600)


if __name__ == "__main__":
    with tempfile.NamedTemporaryFile() as file:
        held = Event()
        process = Process(target=hold, args=(file.name, held), daemon=True)
        process.start()
        held.wait()
        print("ready", flush=True)
        fcntl.flock(file, fcntl.LOCK_EX)
