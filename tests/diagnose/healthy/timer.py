"""A thread that waits for another one, which waits for the time."""

from threading import Event, Timer

if __name__ == "__main__":
    event = Event()
    Timer(600, event.set).start()
    print("ready", flush=True)
    event.wait()
