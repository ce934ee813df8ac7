"""A program that waits for Ctrl-C."""

import signal

if __name__ == "__main__":
    print("ready", flush=True)
    signal.pause()
