""":Cause: writer died in the middle of a message"""

import os
from multiprocessing import Pipe, Process
from typing import Any


def work(writer: Any) -> None:
    os.write(writer.fileno(), (1000).to_bytes(4, "big") + b"the beginning")
    os._exit(1)


if __name__ == "__main__":
    reader, writer = Pipe(duplex=False)
    process = Process(target=work, args=(writer,))
    process.start()
    reader.recv()
