"""Download files at the same time in a single thread: asyncio.

    python download_asyncio.py URL URL
    python slow_server.py python download_asyncio.py

Each ``await`` says: I wait here, let others go on. The standard library speaks no HTTP
in this style, so the request is written out; a real program would use aiohttp or httpx.
"""

import asyncio
import re
import sys
from argparse import ArgumentParser, RawTextHelpFormatter
from pathlib import Path
from time import perf_counter
from urllib.parse import SplitResult, urlsplit


async def download_all(urls: list[str]) -> list[float | None]:
    """How long each took in seconds, None where it failed."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(download(url)) for url in urls]
    return [task.result() for task in tasks]


async def download(url: str) -> float | None:
    """Fetch one file. Returns how many seconds it took, None if it failed."""
    at = urlsplit(url)
    name, begin_s = Path(at.path).name or "index.html", perf_counter()
    print(f"{name}: begins", flush=True)
    try:
        content = await fetch(at)
        Path(f".{name}.part").write_bytes(content)
        Path(f".{name}.part").replace(name)  # complete, or not there
    except (OSError, EOFError, ValueError) as error:
        print(f"{name}: failed: {error or 'silent'}", file=sys.stderr, flush=True)
        return None
    print(f"{name}: complete, {len(content)} bytes", flush=True)
    return perf_counter() - begin_s


async def fetch(at: SplitResult) -> bytes:
    """What a server sends for ``http://HOST:PORT/PATH``."""
    reader, writer = await asyncio.open_connection(at.hostname, at.port or 80)
    try:
        request = f"GET {at.path or '/'} HTTP/1.0\r\nHost: {at.netloc}\r\n\r\n"
        writer.write(request.encode())
        async with asyncio.timeout(10):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        status = head.splitlines()[0]
        if status.split()[1:2] != ["200"]:
            raise ValueError(status)
        length = re.search(r"(?im)^content-length: *(\d+)", head)
        if length is None:
            raise ValueError("the server does not say how long it is")
        return await reader.readexactly(int(length[1]))  # raises if less arrives
    finally:
        writer.close()


def main() -> int:
    parser = ArgumentParser(description=__doc__, formatter_class=RawTextHelpFormatter)
    parser.add_argument("urls", nargs="+", metavar="URL", help="saved in this folder")
    args = parser.parse_args()
    begin_s = perf_counter()
    results = asyncio.run(download_all(args.urls))
    total_s, waits_s = perf_counter() - begin_s, sum(filter(None, results))
    print(f"Total {total_s:.2f} s, waits {waits_s:.2f} s.")
    return 1 if None in results else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
