"""Collect the log records of many processes in one file, over TCP, without pickle.

    python examples/socket_log_collector.py app.log
    some-program 2>&1 | python examples/socket_log_collector.py --to 127.0.0.1:PORT

The first form listens, says its address, and adds each record to the file as one line of
JSON, until Ctrl-C or until ``--senders N`` have come and gone. The second form sends each line
of its input; a program of yours needs no more than framed_handler.py.
"""

import json
import logging
import socket
import sys
import threading
from collections.abc import Callable
from threading import Lock, Thread

import command_line
from command_line import complain
from framed_handler import LARGEST, FramedHandler

PATIENCE_S = 10.0
Keep = Callable[[object], None]


def receive(connection: socket.socket, peer: tuple[str, int], keep: Keep) -> None:
    """Keep what one sender sends, and tell it at the end how many records that were."""
    kept = 0
    with connection, connection.makefile("rb") as stream:
        try:
            while header := stream.read(4):
                size = int.from_bytes(header)
                if len(header) == 4 and size > LARGEST:
                    raise ValueError(f"announced a record of {size} bytes")
                body = stream.read(size)
                if len(header) < 4 or len(body) < size:
                    raise EOFError("ended in the middle of a record")
                keep(json.loads(body))
                kept += 1
            connection.sendall(kept.to_bytes(8))
        except (OSError, EOFError, ValueError, RecursionError) as error:
            complain("{}:{}: {}; {} records before that are kept".format(*peer, error, kept))


def collect(path: str, senders: int | None) -> int:
    with (
        open(path, "ab") as output,
        socket.create_server(("127.0.0.1", 0)) as listener,
        command_line.progress(None, "B") as show,
    ):
        lock = Lock()

        def keep(record: object) -> None:
            line = json.dumps(record).encode() + b"\n"
            with lock:
                output.write(line)
                output.flush()
                show(output.tell())

        complain("Listening at {}:{}".format(*listener.getsockname()))
        for _ in range(senders or sys.maxsize):
            Thread(target=receive, args=(*listener.accept(), keep), daemon=True).start()
        for thread in {*threading.enumerate()} - {threading.main_thread()}:
            thread.join()
    return 0


def send(address: tuple[str, int], name: str) -> int:
    handler, log = FramedHandler(*address), logging.Logger(name)
    handler.sock = socket.create_connection(address, PATIENCE_S)  # or OSError
    log.addHandler(handler)
    for line in sys.stdin.buffer:
        log.info("%s", line.decode(errors="replace").rstrip("\r\n"))
    written = handler.finish()
    if written < handler.records:
        sys.exit(f"{written} of {handler.records} records are known to be written")
    return 0


def main() -> int:
    parser = command_line.make_parser(__doc__)
    add = parser.add_argument
    add("file", nargs="?", metavar="FILE", help="add the records to this file")
    add("--senders", type=command_line.between(1, 10**9), metavar="N", help="leave after so many")
    add("--to", type=command_line.address, metavar="HOST:PORT", help="send there")
    add("--name", default="stdin", help="of the log (stdin)")
    args = parser.parse_args()
    if (args.file is None) == (args.to is None):
        parser.error("either FILE or --to HOST:PORT is needed")
    return send(args.to, args.name) if args.to else collect(args.file, args.senders)


if __name__ == "__main__":
    command_line.run(main)
