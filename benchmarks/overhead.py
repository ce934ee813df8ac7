"""What the command, the records, and the analysis cost.

    python benchmarks/overhead.py

Two things are held against their plain counterparts, and a third against the clock:

* ``python -m ipc_cookbook NAME --delay 0`` against the program for the same mechanism in
  ``plain/``, start to end;
* a round trip over that mechanism with records taken, the token and the time of each word,
  against the same game without: wherever the system puts the players, as in use (``records``),
  and on one CPU, where nothing is done while the other player wakes up (``records-pinned``);
* the analysis of a million round trips, from the players' records to the figures of ``bench``.

Both sides are launched again in every round, one right after the other, in shuffled order. The
ratio is that of the medians over the launches, with its 95 % interval. Everything but
``records`` runs on one CPU where the system lets a process choose it: spread over several,
placement alone moves a median by more than what is measured here. With and without records is
played by the same two processes, in small blocks by turns, so placement touches both alike.

``peers.py`` does the same for the round trips of the recipes. The exit status is 1 if the
interval of a ratio lies wholly above the goal, and else 0.
"""

import argparse
import itertools
import multiprocessing
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
from array import array
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from multiprocessing.context import BaseContext
from statistics import median
from subprocess import DEVNULL

import plain
from pairs import Cpus, Pair, at_least, compare, usable_cpus

from ipc_cookbook import (
    Endpoint,
    PingPongError,
    PingPongResult,
    catalog,
)
from ipc_cookbook.bench.places import pinned
from ipc_cookbook.crew.player import Desk, Part
from ipc_cookbook.crew.supervisor import supervise
from ipc_cookbook.game.loop import FIRST, PLAYERS, play
from ipc_cookbook.game.turns import Account

SAMPLE = next(name for name in catalog.names() if plain.program_of(name).exists())
"""The recipe that stands for all, where it does not matter which one it is."""

COMMAND = [sys.executable, "-m", "ipc_cookbook", SAMPLE, "--delay", "0"]
PROGRAM = [sys.executable, str(plain.program_of(SAMPLE))]
BLOCK_TOKENS = 100  # few enough that hardly a block is disturbed by other processes
TIMEOUT_S = 60.0
ANALYSED = 1_000_000
ANALYSIS_S = 2.0


def command_pair(cache: str) -> Pair:
    """Start to end, with byte code cached in the given folder, as it is after an installation."""
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": cache}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)

    def wall_ms(command: list[str]) -> float:
        begun_ns = time.perf_counter_ns()
        # Without a timeout: that would look for the end every 50 ms only.
        subprocess.run(command, check=True, env=environment, stdout=DEVNULL, stderr=DEVNULL)
        return (time.perf_counter_ns() - begun_ns) / 1e6

    return Pair("command", "ms", 1.30, partial(wall_ms, PROGRAM), partial(wall_ms, COMMAND))


def records_pair(name: str, goal: float, cpus: Cpus, tokens: int, context: BaseContext) -> Pair:
    """With and without records, on these CPUs.

    One pair of processes plays both in small blocks by turns, so that they differ in nothing
    else: whichever figure is asked for first measures the other one too.
    """
    measured: list[dict[bool, float]] = []

    def round_trip_us(is_recorded: bool) -> float:
        if not measured:
            with pinned(cpus):
                measured.append(play_records(tokens, context))
        figures = measured[-1]
        figure = figures.pop(is_recorded)
        if not figures:
            measured.pop()
        return figure

    return Pair(name, "us", goal, partial(round_trip_us, False), partial(round_trip_us, True))


def play_records(tokens: int, context: BaseContext) -> dict[bool, float]:
    """Median in us of a round trip, without and with records."""
    blocks = [False, True] * (tokens // BLOCK_TOKENS)
    order = random.sample(blocks, len(blocks))
    parts: dict[str, Part] = {
        player: partial(play_blocks, player=player, tokens=BLOCK_TOKENS, order=order)
        for player in PLAYERS
    }
    ping, _ = supervise(catalog.load(SAMPLE), context, parts, payload=b"", timeout=TIMEOUT_S)
    block_us: dict[bool, list[float]] = {False: [], True: []}
    for is_recorded, elapsed_ns in zip(order, ping.summary, strict=True):
        block_us[is_recorded].append(elapsed_ns / (BLOCK_TOKENS / 2) / 1000)
    return {is_recorded: median(figures) for is_recorded, figures in block_us.items()}


def play_blocks(
    endpoint: Endpoint, desk: Desk, *, player: str, tokens: int, order: Iterable[bool]
) -> tuple[list[int], tuple[()]]:
    """A part: one game after the other; the summary is how long each took, in ns."""
    plays: dict[bool, Callable[..., object]] = {True: play, False: play_without_records}
    elapsed_ns = []
    for is_recorded in order:
        begun_ns = time.perf_counter_ns()
        plays[is_recorded](endpoint, desk, player=player, tokens=tokens, delay=0.0, echo=False)
        elapsed_ns.append(time.perf_counter_ns() - begun_ns)
    return elapsed_ns, ()


def play_without_records(
    endpoint: Endpoint, desk: Desk, *, player: str, tokens: int, delay: float, echo: bool
) -> None:
    """A double of the game's own loop that takes no records; the rest is the same."""
    send, recv = endpoint.send, endpoint.recv
    counters, number, words = desk.counters, desk.number, 0
    token, payload = 0, bytes(desk.payload)
    if player != FIRST:
        token, payload = recv()
    while token < tokens:
        words += 1
        counters[number] = words
        if echo:
            print(player, end="", flush=True)
        next_token = token + 1
        send((next_token, payload))
        if next_token == tokens:
            break
        if delay:
            time.sleep(delay)
        token, payload = recv()


def made_up_accounts() -> list[Account]:
    """The players' records of so many round trips."""
    steps_ns = random.choices(range(5_000, 15_000), k=2 * ANALYSED)
    at_ns = array("Q", itertools.accumulate(steps_ns))
    return [
        Account(player, pid, 1.0, True, array("Q", range(pid, 2 * ANALYSED, 2)), at_ns[pid::2])
        for pid, player in enumerate(PLAYERS)
    ]


def analysis_s(accounts: Sequence[Account]) -> float:
    """How long it takes from these records to the figures of ``bench``, in seconds."""
    from ipc_cookbook.bench.measure import RoundTrips
    from ipc_cookbook.bench.summary import round_trip_launch

    begun_ns = time.perf_counter_ns()
    result = PingPongResult(
        transport=SAMPLE,
        start_method="fork",
        expected=2 * ANALYSED,
        elapsed_s=1.0,
        accounts=accounts,
        caller_pid=-1,
        called_at_ns=0,
    )
    assert result.ok
    round_trip_launch(RoundTrips(1, result.round_trips_ns, 1, 0, result.startup_s, None))
    return (time.perf_counter_ns() - begun_ns) / 1e9


def parse_arguments(names: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="What the command, the records, and the analysis cost, as ratios.",
        epilog="The exit status is 1 if a ratio is certainly above the goal, and else 0.",
    )
    parser.add_argument(
        "--rounds", type=at_least(1), default=25, help="launches of each side (default: 25)"
    )
    parser.add_argument(
        "--tokens",
        type=at_least(BLOCK_TOKENS),
        default=4000,
        help="words of a game (default: 4000)",
    )
    parser.add_argument(
        "--only",
        action="append",
        choices=names,
        metavar="NAME",
        help=f"measure this alone; may be repeated: {', '.join(names)}",
    )
    parser.add_argument(
        "--start-method", choices=multiprocessing.get_all_start_methods(), help="of the games"
    )
    parser.add_argument("--seed", type=int, default=random.randrange(10000), help="of the order")
    return parser.parse_args()


def main() -> int:
    try:
        with tempfile.TemporaryDirectory() as cache:
            return measure_all(cache)
    except KeyboardInterrupt:
        return 130
    except (PingPongError, EOFError, OSError, subprocess.SubprocessError) as error:
        print(f"overhead.py: {error!r}", file=sys.stderr)
        return 1


def measure_all(cache: str) -> int:
    names = ["command", "records", "records-pinned", "analysis"]
    arguments = parse_arguments(names)
    random.seed(arguments.seed)
    context = multiprocessing.get_context(arguments.start_method)
    cpus = usable_cpus()
    one_cpu = cpus and (max(cpus),)
    wanted = arguments.only or names
    pairs = [
        command_pair(cache),
        records_pair("records", 1.03, cpus, arguments.tokens, context),
        records_pair("records-pinned", 1.05, one_cpu, arguments.tokens, context),
    ]
    chosen = [pair for pair in pairs if pair.name in wanted]
    placement = (
        f"everything on CPU {one_cpu[0]}" if one_cpu else "not pinned: expect a wider spread"
    )
    print(
        f"{platform.python_implementation()} {platform.python_version()}, {platform.system()}, "
        f"{context.get_start_method()}, {placement}"
    )
    print(f"{arguments.rounds} rounds, {arguments.tokens} words a game, seed {arguments.seed}\n")
    with pinned(one_cpu):
        is_kept = compare(chosen, arguments.rounds, arguments.seed) if chosen else True
        if "analysis" in wanted:
            is_kept &= time_analysis()
    return 0 if is_kept else 1


def time_analysis() -> bool:
    try:
        found_s = analysis_s(made_up_accounts())
    except ModuleNotFoundError as error:
        print(f"analysis left out: it needs {error.name}")
        return True
    is_kept = found_s <= ANALYSIS_S
    verdict = "pass" if is_kept else "FAIL"
    print(
        f"analysis of {ANALYSED:,} round trips: {found_s:.2f} s, at most {ANALYSIS_S:g}: {verdict}"
    )
    return is_kept


if __name__ == "__main__":
    raise SystemExit(main())
