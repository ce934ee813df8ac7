"""A child that takes long to import what it needs, and will share an Event with its parent."""

import time
from multiprocessing import Event, Process, current_process
from typing import Any

if current_process().name == "Slow":  # by spawn and forkserver, it imports this file anew
    print("ready", flush=True)
    time.sleep(600)


def work(event: Any) -> None:
    print("ready", flush=True)
    time.sleep(600)
    event.set()


if __name__ == "__main__":
    event = Event()
    process = Process(target=work, args=(event,), name="Slow", daemon=True)
    process.start()
    event.wait()
