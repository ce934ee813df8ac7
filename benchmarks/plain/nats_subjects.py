"""The barest careful loop over two subjects of a NATS server."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sysconfig
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import BaseContext
from multiprocessing.synchronize import Barrier
from subprocess import PIPE, Popen
from time import perf_counter_ns
from typing import Any, TypeAlias

import nats

Place: TypeAlias = tuple[str, Barrier]
PLACES = os.environ.get("PATH", os.defpath), sysconfig.get_path("scripts")
PROGRAM = shutil.which("nats-server", path=os.pathsep.join(PLACES)) or "nats-server"
ADDRESS = re.compile(r"client connections on (\S+)")


async def meet(place: Place, subject: str) -> tuple[Any, Any]:
    server = await nats.connect(place[0])
    inbox = await server.subscribe(subject)
    await server.flush()
    place[1].wait()  # what nobody has subscribed to is lost
    return server, inbox


async def play_ping(place: Place, tokens: int, payload: bytes) -> array[int]:
    at_ns, token = array("q"), 0
    server, inbox = await meet(place, "back")
    while token < tokens:
        at_ns.append(perf_counter_ns())
        await server.publish("there", (token + 1).to_bytes(8) + payload)
        await server.flush()
        data = (await inbox.next_msg(timeout=None)).data
        token, payload = int.from_bytes(data[:8]), data[8:]
    await server.close()
    return at_ns


async def play_pong(place: Place, tokens: int) -> array[int]:
    token = 0
    server, inbox = await meet(place, "there")
    while token < tokens - 1:
        data = (await inbox.next_msg(timeout=None)).data
        token, payload = int.from_bytes(data[:8]), data[8:]
        await server.publish("back", (token + 1).to_bytes(8) + payload)
        await server.flush()
    await server.close()
    return array("q")


def ping(place: Place, tokens: int, payload: bytes) -> array[int]:
    return asyncio.run(play_ping(place, tokens, payload))


def pong(place: Place, tokens: int) -> array[int]:
    return asyncio.run(play_pong(place, tokens))


@contextmanager
def open_pair(context: BaseContext, size: int) -> Iterator[tuple[Place, Place]]:
    command = PROGRAM, "-a", "127.0.0.1", "-p", "-1"
    with Popen(command, stderr=PIPE, text=True) as server:
        try:
            log = iter(server.stderr or ())
            address = next(found[1] for line in log if (found := ADDRESS.search(line)))
            any("Server is ready" in line for line in log)
            place = f"nats://{address}", context.Barrier(2)
            yield place, place
        finally:
            server.kill()
