""":Cause: order of opening a FIFO
:Grade: LIKELY
"""

import os
import tempfile
from multiprocessing import Process


def talk(to: str, from_: str) -> None:
    with open(from_) as reader, open(to, "w") as writer:
        writer.write(reader.read())


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        one, two = os.path.join(folder, "one"), os.path.join(folder, "two")
        os.mkfifo(one)
        os.mkfifo(two)
        process = Process(target=talk, args=(one, two))
        process.start()
        talk(two, one)
