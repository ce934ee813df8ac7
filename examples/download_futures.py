"""Download files at the same time, by threads or by processes: one word decides.

    python download_futures.py URL URL
    python slow_server.py python download_futures.py

An executor starts the workers, and brings their results back: no pipe or join is
written here.
"""

import os
import signal
import sys
from argparse import ArgumentParser, RawTextHelpFormatter
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from http.client import HTTPException
from multiprocessing import active_children, parent_process
from pathlib import Path
from threading import Thread
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit
from urllib.request import urlopen


def download_all(urls: list[str], by: str) -> list[float | None]:
    """How long each took in seconds, None where it failed."""
    workers: Executor = ThreadPoolExecutor(2)
    if by == "processes":
        workers = ProcessPoolExecutor(2, initializer=prepare)
    futures = [workers.submit(download, url) for url in urls]
    results = [future.result() for future in futures]
    workers.shutdown()
    return results


def prepare() -> None:
    """Every process first leaves Ctrl-C to its parent, and looks out for its end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent: Any = parent_process()
    Thread(target=lambda: parent.join() or os._exit(1), daemon=True).start()


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
    parser.add_argument("--by", choices=("threads", "processes"), default="threads")
    args = parser.parse_args()
    begin_s = perf_counter()
    results = download_all(args.urls, args.by)
    total_s, waits_s = perf_counter() - begin_s, sum(filter(None, results))
    print(f"Total {total_s:.2f} s, waits {waits_s:.2f} s.")
    return 1 if None in results else 0


def end_all(*_: object) -> None:
    """At Ctrl-C; an exception may strike inside the executor's own locks."""
    for process in active_children():
        process.kill()
    os._exit(130)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, end_all)
    try:
        sys.exit(main())
    except BrokenProcessPool:
        why = "a process died, and the executor gave up all"
        print(f"failed: {why}", file=sys.stderr, flush=True)
        os._exit(1)
