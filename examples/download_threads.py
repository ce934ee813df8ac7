"""Download files at the same time, each in a thread.

    python download_threads.py URL URL
    python slow_server.py python download_threads.py

Threads share memory: each puts its result into one dictionary, and a join is enough to
read it.
"""

import os
import signal
import sys
from argparse import ArgumentParser, RawTextHelpFormatter
from http.client import HTTPException
from pathlib import Path
from threading import Thread
from time import perf_counter
from urllib.parse import urlsplit
from urllib.request import urlopen


def download_all(urls: list[str]) -> list[float | None]:
    """How long each took in seconds, None where it failed."""
    results: dict[str, float | None] = {}

    def work(url: str) -> None:
        results[url] = download(url)

    threads = [Thread(target=work, args=(url,), daemon=True) for url in urls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [results[url] for url in urls]


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
    results = download_all(args.urls)
    total_s, waits_s = perf_counter() - begin_s, sum(filter(None, results))
    print(f"Total {total_s:.2f} s, waits {waits_s:.2f} s.")
    return 1 if None in results else 0


if __name__ == "__main__":
    # Ctrl-C ends all at once; an exception may strike inside threading's own locks
    signal.signal(signal.SIGINT, lambda *_: os._exit(130))
    sys.exit(main())
