"""Collect the log records of many processes in one file, over TCP, without pickle.

    python socket_log_collector.py app.log
    some-program 2>&1 | python socket_log_collector.py --to 127.0.0.1:PORT

The first form says its address, and adds each record to the file as one line of JSON,
until Ctrl-C. The second form sends each line of its input; a program of yours needs the
class JsonHandler.
"""

import json
import logging
import sys
from argparse import ArgumentParser, RawTextHelpFormatter
from logging.handlers import SocketHandler
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Lock
from typing import BinaryIO

LARGEST = 2**20  # bytes in a record


class JsonHandler(SocketHandler):
    """Python's own handler; but a record is a line of JSON, not a pickle."""

    def makePickle(self, record: logging.LogRecord) -> bytes:  # noqa: N802
        fields = {"time": record.created, "name": record.name, "pid": record.process}
        fields |= {"level": record.levelname, "message": self.format(record)}
        return json.dumps(fields).encode() + b"\n"


class Sender(StreamRequestHandler):
    """One sender's connection; each has a thread of its own, and all have one file."""

    output: BinaryIO
    lock = Lock()

    def handle(self) -> None:
        """Keep what it sends, as long as that is whole lines of JSON."""
        try:
            while line := self.rfile.readline(LARGEST):
                if not line.endswith(b"\n"):
                    raise ValueError("a record that is cut off, or too large")
                record = json.dumps(json.loads(line)).encode()
                with self.lock:
                    self.output.write(record + b"\n")
                    self.output.flush()
        except (OSError, ValueError, RecursionError) as error:
            print(f"{self.client_address}: {error}", file=sys.stderr, flush=True)


def main() -> None:
    parser = ArgumentParser(description=__doc__, formatter_class=RawTextHelpFormatter)
    where = parser.add_mutually_exclusive_group(required=True)
    add = where.add_argument
    add("file", nargs="?", metavar="FILE", help="add the records to this file")
    add("--to", metavar="HOST:PORT", help="send standard input there")
    args = parser.parse_args()
    if args.to:
        host, _, port = args.to.rpartition(":")
        log = logging.Logger("stdin")
        log.addHandler(JsonHandler(host, int(port)))
        for line in sys.stdin:
            log.info("%s", line.rstrip("\n"))
        return
    here = "127.0.0.1", 0
    with (
        open(args.file, "ab") as Sender.output,
        ThreadingTCPServer(here, Sender) as collector,
    ):
        collector.daemon_threads = True
        place = "{}:{}".format(*collector.server_address)
        print("Listening at", place, file=sys.stderr, flush=True)
        collector.serve_forever()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
