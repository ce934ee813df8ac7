"""Download files at the same time, each in a process.

    python download_processes.py URL URL
    python slow_server.py python download_processes.py

Each sends its result through a pipe, which ends if its process died, since nobody
else holds that end.
"""

import os
import signal
import sys
from argparse import ArgumentParser, RawTextHelpFormatter
from http.client import HTTPException
from multiprocessing import Pipe, Process, parent_process
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Thread
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit
from urllib.request import urlopen


def start(url: str) -> Connection:
    """Start a process. Its result can be received here."""
    receiver, sender = Pipe(duplex=False)
    with sender:  # the process has its own; with ours open, the pipe would never end
        Process(target=work, args=(url, sender), daemon=True).start()
    return receiver


def work(url: str, sender: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent: it ends us
    parent: Any = parent_process()  # which may be killed, and then cannot end us
    Thread(target=lambda: parent.join() or os._exit(1), daemon=True).start()
    sender.send(download(url))


def result(receiver: Connection) -> float | None:
    try:
        return receiver.recv()  # type: ignore[no-any-return]
    except (EOFError, OSError):
        print("failed: a process died", file=sys.stderr, flush=True)
        return None


def download(url: str) -> float | None:
    """Fetch one file. Returns how many seconds it took, None if it failed."""
    name, begin_s = Path(urlsplit(url).path).name or "index.html", perf_counter()
    print(f"{name}: begins", flush=True)
    try:
        with urlopen(url, timeout=10) as response:
            content = response.read()  # raises if less arrives than was announced
        Path(f".{name}.part").write_bytes(content)
        Path(f".{name}.part").replace(name)  # complete, or not there
    except (OSError, HTTPException, ValueError) as error:
        print(f"{name}: failed: {error}", file=sys.stderr, flush=True)
        return None
    print(f"{name}: complete, {len(content)} bytes", flush=True)
    return perf_counter() - begin_s


def main() -> int:
    parser = ArgumentParser(description=__doc__, formatter_class=RawTextHelpFormatter)
    parser.add_argument("urls", nargs="+", metavar="URL", help="saved in this folder")
    args = parser.parse_args()
    begin_s = perf_counter()
    results = [result(receiver) for receiver in [start(url) for url in args.urls]]
    total_s, waits_s = perf_counter() - begin_s, sum(filter(None, results))
    print(f"Total {total_s:.2f} s, waits {waits_s:.2f} s.")
    return 1 if None in results else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
