"""A program that is woken by its own alarm."""

import signal
from multiprocessing import Pipe

if __name__ == "__main__":
    mine, theirs = Pipe()
    signal.signal(signal.SIGALRM, lambda number, frame: theirs.send("wake up"))
    signal.alarm(600)
    print("ready", flush=True)
    mine.recv()
