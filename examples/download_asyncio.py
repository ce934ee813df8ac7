"""Two downloads at the same time in a single thread: asyncio.

    python examples/download_asyncio.py
    python examples/download_asyncio.py --seconds 1 2 --into .

Each ``await`` says: I wait here, let others go on. The standard library speaks no HTTP in
this style, so the request is written out; a real program would use aiohttp or httpx.
"""

import argparse
import asyncio
import time
from collections.abc import Awaitable
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import downloading
from command_line import run
from downloading import DownloadFailed, Outcome, Published

Result = TypeVar("Result")


async def within(seconds: float, step: Awaitable[Result]) -> Result:
    """``asyncio.wait_for``, which up to Python 3.11 may overlook Ctrl-C."""
    async with asyncio.timeout(seconds):
        return await step


async def fetch(file: Published, folder: Path, args: argparse.Namespace) -> Outcome:
    task = asyncio.current_task()
    assert task is not None
    with (
        downloading.reporting(f"Task {task.get_name()}", file) as outcome,
        downloading.arriving(file, folder, args.into) as write,
    ):
        url = urlsplit(file.url)
        opening = asyncio.open_connection(url.hostname, url.port)
        reader, writer = await within(args.patience, opening)
        try:
            writer.write(f"GET {url.path} HTTP/1.0\r\nHost: {url.netloc}\r\n\r\n".encode())
            head = await within(args.patience, reader.readuntil(b"\r\n\r\n"))
            status_line = head.decode("latin-1").splitlines()[0]
            if status_line.split()[1] != "200":
                raise DownloadFailed(status_line)
            while chunk := await within(args.patience, reader.read(2**16)):
                write(chunk)
        finally:
            writer.close()
    return outcome


async def fetch_all(args: argparse.Namespace) -> int:
    with downloading.offered_files(args) as (files, folder):
        begin = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(fetch(file, folder, args)) for file in files]
        return downloading.conclude([task.result() for task in tasks], begin)


def main() -> int:
    return asyncio.run(fetch_all(downloading.parse(downloading.make_parser(__doc__))))


if __name__ == "__main__":
    run(main)
