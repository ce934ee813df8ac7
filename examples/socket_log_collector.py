"""Collect the log records of many processes in one file, over TCP, without pickle.

    python examples/socket_log_collector.py app.log
    some-program 2>&1 | python examples/socket_log_collector.py --to 127.0.0.1:PORT

The first form listens, says its address, and adds each record to the file as one line of
JSON, until Ctrl-C or until ``--senders N`` have come and gone. The second form sends each line
of its input. In a program of yours, ``FramedHandler`` is all you need.
"""

import json
import logging
import socket
import sys
from threading import Lock, Thread
from typing import BinaryIO

import housekeeping
from housekeeping import complain

LARGEST = 2**20  # bytes in a record
PATIENCE_S = 10.0


class FramedHandler(logging.Handler):
    """Sends each record as its length in 4 bytes and then JSON."""

    def __init__(self, address: tuple[str, int]) -> None:
        super().__init__()
        self.connection = socket.create_connection(address, PATIENCE_S)
        self.sent = self.lost = 0  # records

    def emit(self, record: logging.LogRecord) -> None:
        fields = {"time": record.created, "name": record.name, "pid": record.process}
        fields |= {"level": record.levelname, "message": self.format(record)}
        body = json.dumps(fields).encode()
        try:
            if len(body) > LARGEST:
                raise ValueError(f"a record of {len(body)} bytes is too large")
            self.connection.sendall(len(body).to_bytes(4) + body)
            self.sent += 1
        except ValueError as error:
            self.lost += 1
            complain(str(error))
        except OSError:  # the frame may be half sent, so nothing can follow it
            self.lost += 1
            self.connection.close()

    def finish(self) -> bool:
        """Say that this was all. Has every record been written by the collector?"""
        try:
            with self.connection:
                self.connection.shutdown(socket.SHUT_WR)
                written = int.from_bytes(self.connection.makefile("rb").read(8))
        except OSError:
            written = 0
        return written == self.sent + self.lost


def receive(connection: socket.socket, name: str, output: BinaryIO, lock: Lock) -> None:
    """Write what one sender sends, record by record; the lock is for the file."""
    written = 0
    with connection, connection.makefile("rb") as stream:
        try:
            while header := stream.read(4):
                size = int.from_bytes(header)
                if len(header) == 4 and size > LARGEST:
                    raise ValueError(f"announced a record of {size} bytes")
                body = stream.read(size)
                if len(header) < 4 or len(body) < size:
                    raise EOFError("ended in the middle of a record")
                line = json.dumps(json.loads(body)).encode() + b"\n"
                with lock:
                    output.write(line)
                    output.flush()
                written += 1
            connection.sendall(written.to_bytes(8))
        except (OSError, EOFError, ValueError, RecursionError) as error:
            complain(f"{name}: {error}; {written} records before that are kept")


def collect(path: str, senders: int | None) -> int:
    lock, threads, accepted = Lock(), list[Thread](), 0
    with open(path, "ab") as output, socket.create_server(("127.0.0.1", 0)) as listener:
        complain("Listening at {}:{}".format(*listener.getsockname()))
        while accepted != senders:
            connection, (host, port) = listener.accept()
            task = connection, f"{host}:{port}", output, lock
            accepted += 1
            threads = [*filter(Thread.is_alive, threads), Thread(target=receive, args=task)]
            threads[-1].daemon = True
            threads[-1].start()
        for thread in threads:
            thread.join()
    return 0


def send(address: tuple[str, int], name: str) -> int:
    handler, log = FramedHandler(address), logging.Logger(name)
    log.addHandler(handler)
    for line in sys.stdin.buffer:
        log.info("%s", line.decode(errors="replace").rstrip("\r\n"))
    if handler.finish():
        return 0
    complain(f"not all is known to be written: {handler.sent} records sent, {handler.lost} not")
    return 1


def main() -> int:
    parser = housekeeping.make_parser(__doc__)
    parser.add_argument("file", nargs="?", metavar="FILE", help="add the records to this file")
    parser.add_argument("--senders", type=int, metavar="N", help="leave after so many")
    parser.add_argument("--to", type=housekeeping.address, metavar="HOST:PORT", help="send there")
    parser.add_argument("--name", default="stdin", help="of the log (stdin)")
    args = parser.parse_args()
    if (args.file is None) == (args.to is None):
        parser.error("either FILE or --to HOST:PORT is needed")
    try:
        return send(args.to, args.name) if args.to else collect(args.file, args.senders)
    except OSError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    housekeeping.run(main)
