"""How many functions in Python run for one message: by sockets, and with a loop."""

import asyncio
import sys
from collections.abc import Callable
from socket import socketpair


def calls(act: Callable[[], object]) -> int:
    events: list[str] = []
    sys.setprofile(lambda frame, event, argument: events.append(event))
    act()
    sys.setprofile(None)
    return events.count("call")  # of a function, or of a coroutine that goes on


def by_sockets() -> None:
    first.sendall(b"Ping")
    second.recv(4)


async def send() -> None:
    writer.write(b"Ping")
    await writer.drain()


async def send_and_receive() -> None:
    await send()
    await reader.readexactly(4)


loop = asyncio.new_event_loop()
run = loop.run_until_complete
first, second = socketpair()
plainly = calls(by_sockets)
_, writer = run(asyncio.open_connection(sock=first))
reader, other = run(asyncio.open_connection(sock=second))
in_one_run = calls(lambda: run(send_and_receive()))
in_two_runs = calls(lambda: (run(send()), run(reader.readexactly(4))))
print("with plain sockets:", plainly, "function, the one that we wrote")
print("with a loop, more than 50:", in_one_run > 50)
print("with a loop that is run twice, more still:", in_two_runs > in_one_run)
for each in writer, other:
    each.close()
    run(each.wait_closed())
loop.close()
