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
from contextlib import suppress
from multiprocessing import Process, Queue, parent_process
from queue import Full
from threading import Thread
from time import monotonic
from typing import Any

BLOCK = 256 * 1024  # bytes


def compress(blocks: "Queue[bytes | None]") -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent alone
    parent: Any = parent_process()  # which may be killed, and then cannot end us
    Thread(target=lambda: parent.join() or os._exit(1), daemon=True).start()
    packer, size = zlib.compressobj(9), 0
    for block in iter(blocks.get, None):
        size += len(packer.compress(block))
    print(size + len(packer.flush()), "bytes once compressed", flush=True)


def put(block: bytes | None, blocks: "Queue[bytes | None]", consumer: Process) -> None:
    while consumer.is_alive():
        with suppress(Full):  # back-pressure: we wait, and read no further
            return blocks.put(block, timeout=0.1)
    sys.exit(f"the consumer died with status {consumer.exitcode}")


def main() -> None:
    parser = ArgumentParser(description=__doc__, formatter_class=RawTextHelpFormatter)
    parser.add_argument("file", metavar="FILE")
    parser.add_argument("--maxsize", metavar="N", type=int, default=8, help="(8)")
    args = parser.parse_args()
    blocks: Queue[bytes | None] = Queue(args.maxsize)
    blocks.cancel_join_thread()  # what nobody takes any more must not hold us up
    consumer = Process(target=compress, args=(blocks,), daemon=True)
    consumer.start()
    began = monotonic()
    try:
        with open(args.file, "rb", buffering=0) as file:
            while block := file.read(BLOCK):
                put(block, blocks, consumer)
    except OSError as error:
        parser.error(str(error))
    print(f"read in {monotonic() - began:.2f} s", flush=True)
    put(None, blocks, consumer)
    consumer.join()
    if consumer.exitcode:
        sys.exit(f"the consumer died with status {consumer.exitcode}")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        os._exit(130)  # at once: nothing of the queue is to be waited for
