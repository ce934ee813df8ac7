""":Cause: reader gone"""

import os
from multiprocessing import Pipe, Process
from typing import Any


def work(reader: Any) -> None:
    reader.recv()
    os._exit(1)


if __name__ == "__main__":
    reader, writer = Pipe(duplex=False)
    process = Process(target=work, args=(reader,))
    process.start()
    while True:
        writer.send(bytes(10_000))
