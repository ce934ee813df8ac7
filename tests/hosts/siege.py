"""Many strangers at one port.

python siege.py HOST PORT COUNT drip
    COUNT of them at a time. Each drips a byte of a handshake every 0.7 s, and who is hung up on
    calls again.
python siege.py HOST PORT COUNT RATE
    RATE new ones a second, who say nothing; COUNT at a time, the eldest goes.

It says when COUNT have called. It ends with its standard input, and after a minute by itself.
"""

from __future__ import annotations

import resource
import select
import socket
import sys
import time
from collections import deque
from contextlib import suppress

from strangers import first_words

DRIP_S, GLANCE_S, LONGEST_S = 0.7, 0.005, 60
Address = tuple[str, int]


def new_caller(address: Address) -> socket.socket:
    caller = socket.socket()
    caller.setblocking(False)
    with suppress(OSError):
        caller.connect(address)
    return caller


def is_over(seconds: float) -> bool:
    return bool(select.select([sys.stdin], [], [], seconds)[0]) or time.monotonic() > ENDS_AT


def drip(address: Address, count: int) -> None:
    words = first_words()
    callers = {new_caller(address): 0 for _ in range(count)}
    print("all have called", flush=True)
    while not is_over(DRIP_S):
        for caller, said in list(callers.items()):
            try:
                callers[caller] += caller.send(words[said : said + 1])
            except BlockingIOError:
                continue
            except OSError:
                del callers[caller]
                caller.close()
                callers[new_caller(address)] = 0


def flood(address: Address, count: int, rate: float) -> None:
    callers: deque[socket.socket] = deque()
    began, called = time.monotonic(), 0
    while not is_over(GLANCE_S):
        while called < (time.monotonic() - began) * rate:
            callers.append(new_caller(address))
            called += 1
            if called == count:
                print("all have called", flush=True)
            elif called > count:
                callers.popleft().close()


if __name__ == "__main__":
    host, port, count, how = sys.argv[1:]
    ENDS_AT = time.monotonic() + LONGEST_S
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 4096), most))
    if how == "drip":
        drip((host, int(port)), int(count))
    else:
        flood((host, int(port)), int(count), float(how))
