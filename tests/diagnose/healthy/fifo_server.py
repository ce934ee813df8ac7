"""A server that waits until somebody opens its FIFO."""

import os
import tempfile

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "requests")
        os.mkfifo(path)
        print("ready", flush=True)
        with open(path) as requests:
            requests.read()
