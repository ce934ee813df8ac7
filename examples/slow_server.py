"""A small HTTP server that hands out two files, slowly: something to download.

    python slow_server.py
    python slow_server.py --seconds 1 2 python download_threads.py

It prints the address of each file. With a command, it runs that with the addresses as
its last arguments, and ends with it. It listens on a free port of the loopback address.
"""

import os
import random
import subprocess
import sys
import time
from argparse import REMAINDER, ArgumentParser, RawTextHelpFormatter
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

NAMES = ("pythons-at-home.pdf", "beijing-by-night.avi")
CHUNKS, CHUNK_BYTES = 100, 2000


class SlowFiles(BaseHTTPRequestHandler):
    """Answers any request with a file that takes its time."""

    seconds: tuple[float, float]

    def do_GET(self) -> None:
        if self.path[1:] not in NAMES:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(CHUNKS * CHUNK_BYTES))
        self.end_headers()
        pause_s = random.uniform(*self.seconds) / CHUNKS
        for _ in range(CHUNKS):
            time.sleep(pause_s)
            self.wfile.write(random.randbytes(CHUNK_BYTES))

    def handle(self) -> None:
        with suppress(ConnectionError):  # whoever asked has gone
            super().handle()

    def log_message(self, *args: object) -> None:
        pass


def main() -> int:
    parser = ArgumentParser(description=__doc__, formatter_class=RawTextHelpFormatter)
    add, low_high = parser.add_argument, ("LOW", "HIGH")
    add("--seconds", nargs=2, type=float, default=(5, 10), metavar=low_high)
    add("command", nargs=REMAINDER, metavar="COMMAND")
    args = parser.parse_args()
    SlowFiles.seconds = args.seconds
    with ThreadingHTTPServer(("127.0.0.1", 0), SlowFiles) as server:
        urls = [f"http://127.0.0.1:{server.server_port}/{name}" for name in NAMES]
        if not args.command:
            print("\n".join(urls), flush=True)
            server.serve_forever()
        Thread(target=server.serve_forever, daemon=True).start()
        environment = {**os.environ, "no_proxy": "127.0.0.1"}
        python = sys.executable
        command = [python if word == "python" else word for word in args.command]
        return subprocess.call([*command, *urls], env=environment)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
