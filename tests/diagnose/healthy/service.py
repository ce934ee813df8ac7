"""A service that waits until it is told to end, by SIGTERM."""

import signal
from threading import Event

done = Event()

if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda number, frame: done.set())
    print("ready", flush=True)
    done.wait()
