"""A child that waits for input, from a parent that will have some in time."""

import subprocess
import time

if __name__ == "__main__":
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE):
        print("ready", flush=True)
        time.sleep(600)
