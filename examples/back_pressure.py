"""Say how small a file would be once compressed, without having all of it in memory.

    python back_pressure.py FILE
    python back_pressure.py FILE --maxsize 0

This process reads blocks, which is quick; another one compresses them, which is slow.
The queue between them takes 8 blocks. With --maxsize 0 it takes all there are.
"""

import os
import signal
import sys
import zlib
from argparse import ArgumentParser, RawTextHelpFormatter
from multiprocessing import Process, Queue, parent_process
from threading import Thread
from time import monotonic
from typing import Any

BLOCK = 256 * 1024  # bytes


def consume(blocks: "Queue[bytes | None]") -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent alone
    parent: Any = parent_process()  # which may be killed, and then cannot end us
    Thread(target=lambda: parent.join() or os._exit(1), daemon=True).start()
    packer, size = zlib.compressobj(9), 0
    for block in iter(blocks.get, None):
        size += len(packer.compress(block))
    print(size + len(packer.flush()), "bytes once compressed", flush=True)


def produce(name: str, blocks: "Queue[bytes | None]") -> None:
    began = monotonic()
    try:
        with open(name, "rb", buffering=0) as file:
            while block := file.read(BLOCK):
                blocks.put(block)  # while the queue is full, this waits
        print(f"read in {monotonic() - began:.2f} s", flush=True)
    except OSError as error:
        print(error, file=sys.stderr, flush=True)
        os._exit(1)
    blocks.put(None)


def main() -> None:
    parser = ArgumentParser(description=__doc__, formatter_class=RawTextHelpFormatter)
    parser.add_argument("file", metavar="FILE")
    parser.add_argument("--maxsize", metavar="N", type=int, default=8, help="(8)")
    args = parser.parse_args()
    blocks: Queue[bytes | None] = Queue(args.maxsize)
    blocks.cancel_join_thread()  # what nobody takes any more must not hold us up
    consumer = Process(target=consume, args=(blocks,), daemon=True)
    consumer.start()
    Thread(target=produce, args=(args.file, blocks), daemon=True).start()
    consumer.join()  # here we hear of its end, and of Ctrl-C, even while put waits
    if consumer.exitcode:
        sys.exit(f"the consumer died with status {consumer.exitcode}")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
