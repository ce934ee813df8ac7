"""A logging handler that sends records over TCP, framed, and without pickle.

Add it to the root logger of each process, and call ``finish`` when all is logged. The other end
is socket_log_collector.py.
"""

import json
import logging
import socket
import sys
from logging.handlers import SocketHandler

LARGEST = 2**20  # bytes in a record


class FramedHandler(SocketHandler):
    """Python's own handler; but a record is its length in 4 bytes and JSON, not a pickle."""

    records = 0  # that were to be sent

    def makePickle(self, record: logging.LogRecord) -> bytes:  # noqa: N802
        self.records += 1
        fields = {"time": record.created, "name": record.name, "pid": record.process}
        fields |= {"level": record.levelname, "message": self.format(record)}
        body = json.dumps(fields).encode()
        if len(body) > LARGEST:
            raise ValueError(f"a record of {len(body)} bytes is too large")
        return len(body).to_bytes(4) + body

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        print(f"A log record is lost: {sys.exception()}", file=sys.stderr)

    def finish(self) -> int:
        """Say that this was all. Returns how many records are known to be written."""
        try:
            with self.sock or self.makeSocket() as connection:
                connection.shutdown(socket.SHUT_WR)
                return int.from_bytes(connection.makefile("rb").read(8))
        except OSError:
            return 0
