""":Cause: own copy of the other end
:Start methods: fork
"""

from multiprocessing import Pipe, Process
from typing import Any


def work(reader: Any) -> None:
    try:
        while True:
            reader.recv()
    except EOFError:
        print("the end")


if __name__ == "__main__":
    reader, writer = Pipe(duplex=False)
    process = Process(target=work, args=(reader,))  # which inherits the writer as well
    process.start()
    reader.close()
    writer.send("a word")
    writer.close()
    process.join()
