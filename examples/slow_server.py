"""A small HTTP server that hands out two files, slowly.

    python examples/slow_server.py
    python examples/slow_server.py --seconds 1 2 --fault cut

It listens on a free port of the loopback address. Its first line says, in JSON, what it
offers: address, size, and SHA-256 of each file. It ends when its standard input does: with
the program that started it, or with Ctrl-D.
"""

import hashlib
import json
import random
import socket
import sys
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import quote

from command_line import between, make_parser, run

SIZE = 200_000
CHUNKS = 100
FILES = {
    name: random.Random(name).randbytes(SIZE)
    for name in ("Pythons at home.pdf", "Beijing by night.avi")
}
FAULTS = ("refused", "missing", "cut", "wrong-length", "corrupt", "silent")


class SlowFiles(BaseHTTPRequestHandler):
    """Answers ``GET /0`` and ``GET /1``; the fault, if any, is in the first of the two."""

    seconds = (5.0, 10.0)
    fault: str | None = None

    def do_GET(self) -> None:
        number = self.path[1:].partition("/")[0]
        fault = self.fault if number == "0" else None
        if number not in ("0", "1") or fault == "missing":
            self.send_error(404)
            return
        content = list(FILES.values())[int(number)]
        if fault == "wrong-length":
            content += b"too much"
        if fault == "corrupt":
            content = content[:-1] + bytes([content[-1] ^ 1])
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        with suppress(ConnectionError):
            self.send_slowly(content, fault)

    def send_slowly(self, content: bytes, fault: str | None) -> None:
        begin, duration = time.monotonic(), random.uniform(*self.seconds)
        step = -(-len(content) // CHUNKS)
        for number, start in enumerate(range(0, len(content), step)):
            time.sleep(max(0.0, begin + duration * (number + 1) / CHUNKS - time.monotonic()))
            if number == CHUNKS // 2 and fault == "cut":
                return
            if number == CHUNKS // 2 and fault == "silent":
                time.sleep(3600)
            self.wfile.write(content[start : start + step])

    def log_message(self, *details: object) -> None:
        pass


def main() -> int:
    parser = make_parser(__doc__)
    add = parser.add_argument
    add("--seconds", type=between(0.0, 3600.0), nargs=2, default=(5, 10), metavar=("LOW", "HIGH"))
    add("--fault", choices=FAULTS, help="what goes wrong with the first file")
    args = parser.parse_args()
    SlowFiles.seconds, SlowFiles.fault = args.seconds, args.fault
    with ThreadingHTTPServer(("127.0.0.1", 0), SlowFiles) as server, socket.socket() as deaf:
        server.daemon_threads = True
        server.block_on_close = False
        deaf.bind(("127.0.0.1", 0))  # has a port, does not listen: it refuses connections
        offer = []
        for number, (name, content) in enumerate(FILES.items()):
            is_refused = args.fault == "refused" and number == 0
            port = deaf.getsockname()[1] if is_refused else server.server_port
            url = f"http://127.0.0.1:{port}/{number}/{quote(name)}"
            sha256 = hashlib.sha256(content).hexdigest()
            offer.append({"name": name, "url": url, "size": SIZE, "sha256": sha256})
        Thread(target=server.serve_forever, daemon=True).start()
        print(json.dumps(offer), flush=True)
        sys.stdin.read()
    return 0


if __name__ == "__main__":
    run(main)
