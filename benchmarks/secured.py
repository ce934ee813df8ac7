"""What TLS and CURVE add to a round trip.

    python benchmarks/secured.py

Each recipe that reaches other hosts is played between two players on this machine, over the
loopback address, without keys and with keys, by the same code. Both are launched in every
round, one right after the other, in shuffled order; so a machine that drifts touches both. A
line shows the median over the launches of the median round trip, and of the ratios of the
pairs the median and the middle half. Everything runs on one CPU where the system lets a
process choose it.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import socket
import sys
import tempfile
import threading
from pathlib import Path
from statistics import median, quantiles

from ipc_cookbook import PingPongError, PingPongResult, play_remote
from ipc_cookbook.bench.plan import pinned
from ipc_cookbook.hosts import new_keys
from ipc_cookbook.hosts.remote import reaching_hosts

TIMEOUT_S = 60.0


def round_trip_us(recipe: str, keys: Path | None, tokens: int, size: int) -> float:
    """The median of one launch of both sides."""
    with socket.create_server(("127.0.0.1", 0)) as bound:
        address = f"127.0.0.1:{bound.getsockname()[1]}"
    results: dict[str, PingPongResult] = {}

    def play(side: str) -> None:
        own = {"connect": address} if side == "ping" else {"listen": address}
        results[side] = play_remote(
            recipe,
            listen=own.get("listen"),
            connect=own.get("connect"),
            keys=keys and keys / side,
            tokens=tokens,
            payload=bytes(size),
            timeout=TIMEOUT_S,
        )

    pong = threading.Thread(target=play, args=("pong",))
    pong.start()
    play("ping")
    pong.join()
    return median(results["ping"].round_trips_ns) / 1000


def measure(keys: Path, rounds: int, tokens: int, sizes: list[int]) -> None:
    for recipe in reaching_hosts():
        for size in sizes:
            taken: dict[bool, list[float]] = {False: [], True: []}
            for number in range(rounds + 1):
                for secured in random.sample([False, True], 2):
                    us = round_trip_us(recipe, keys if secured else None, tokens, size)
                    if number:  # the first warms up
                        taken[secured].append(us)
            pairs = zip(taken[True], taken[False], strict=True)
            ratios = [secured / bare for secured, bare in pairs]
            low, middle, high = quantiles(ratios, n=4, method="inclusive")
            print(
                f"{recipe:8}{size:10d} B{median(taken[False]):10.1f}{median(taken[True]):10.1f} us"
                f"{middle:9.2f}   {low:.2f} to {high:.2f}",
                flush=True,
            )


def main() -> int:
    parser = argparse.ArgumentParser(description="What TLS and CURVE add to a round trip.")
    parser.add_argument("--rounds", type=int, default=15, help="launches of each (15)")
    parser.add_argument("--tokens", type=int, default=2000, help="words of a launch (2000)")
    parser.add_argument("--sizes", default="0,65536", help="bytes with each word (0,65536)")
    parser.add_argument("--seed", type=int, default=random.randrange(10000), help="of the order")
    options = parser.parse_args()
    if options.rounds < 2 or options.tokens < 10:
        parser.error("--rounds must be 2 or more, and --tokens 10 or more")
    random.seed(options.seed)
    one_cpu = (max(os.sched_getaffinity(0)),) if hasattr(os, "sched_getaffinity") else None
    where = f"everything on CPU {one_cpu[0]}" if one_cpu else "not pinned: expect a wider spread"
    print(
        f"{platform.python_implementation()} {platform.python_version()}, {platform.system()}, "
        f"{where}\n{options.rounds} rounds, {options.tokens} words a game, "
        f"seed {options.seed}\n\n"
        f"{'':8}{'payload':>12}{'bare':>10}{'keys':>10}{'ratio':>12}   middle half"
    )
    sizes = [int(size) for size in options.sizes.split(",")]
    with tempfile.TemporaryDirectory() as folder, pinned(one_cpu):
        keys = Path(folder) / "keys"
        new_keys.make(str(keys))
        try:
            measure(keys, options.rounds, options.tokens, sizes)
        except PingPongError as error:
            print(f"secured.py: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
