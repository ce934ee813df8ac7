""":Cause: a sibling's copy of the other end
:Start methods: fork
"""

from multiprocessing import Pipe, Process
from typing import Any


def work(reader: Any, writer: Any) -> None:
    writer.close()
    try:
        while True:
            reader.recv()
    except EOFError:
        print("the end")


if __name__ == "__main__":
    first, to_first = Pipe(duplex=False)
    second, to_second = Pipe(duplex=False)
    one = Process(target=work, args=(first, to_first))
    two = Process(target=work, args=(second, to_second))  # which inherits to_first as well
    one.start()
    two.start()
    first.close()
    second.close()
    to_first.close()
    one.join()  # and then close to_second
