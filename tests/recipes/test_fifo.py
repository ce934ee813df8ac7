"""Who opens what first: in one order they meet, in another one both wait for ever."""

from __future__ import annotations

import multiprocessing
import signal
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest

from driver import Running
from samples import why_not
from streams import LIMIT_S

if reason := why_not("fifo"):
    pytest.skip(reason, allow_module_level=True)

from ipc_cookbook.recipes.fifo import HEADER, FifoEnd, open_pair

PATIENCE_S = 0.5
SPAWN = multiprocessing.get_context("spawn")


@contextmanager
def children(
    context: BaseContext, target: Callable[..., None], *arguments: tuple[Any, ...]
) -> Iterator[list[BaseProcess]]:
    """One for each of these arguments. They are killed if they have not ended."""
    processes: list[BaseProcess] = [
        context.Process(target=target, args=each)  # type: ignore[attr-defined]
        for each in arguments
    ]
    for process in processes:
        process.start()
    try:
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.join()


def come_and_go(end: FifoEnd, at_the_door: Any) -> None:
    at_the_door.send(None)
    with end:
        pass


ORDERS = {
    "the recipe's": (("wb", "rb"), ("rb", "wb")),
    "its mirror image": (("rb", "wb"), ("wb", "rb")),
    "both read first": (("rb", "wb"), ("rb", "wb")),
    "both write first": (("wb", "rb"), ("wb", "rb")),
}
"""What each of the two opens first, and then."""


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.sampled
def test_the_order_of_opening(order: str, start_method: str) -> None:
    context = multiprocessing.get_context(start_method)
    with open_pair(context, 0) as ends:
        receiver, sender = context.Pipe(duplex=False)
        for end, modes in zip(ends, ORDERS[order], strict=True):
            end.paths = {mode: end.paths[mode] for mode in modes}
        with receiver, sender:
            arguments = [(end, sender) for end in ends]
            with children(context, come_and_go, *arguments) as processes:
                for _ in ends:
                    assert receiver.poll(LIMIT_S)
                    receiver.recv()
                meet = len(set(ORDERS[order])) == 2
                for process in processes:
                    process.join(LIMIT_S if meet else PATIENCE_S)
                assert [process.exitcode for process in processes] == [0 if meet else None] * 2
            assert {process.exitcode for process in processes} == {0 if meet else -signal.SIGKILL}


def test_the_recipe_opens_each_pipe_from_both_sides_in_turn() -> None:
    with open_pair(SPAWN, 0) as (first, second):
        pipes = [list(end.paths.values()) for end in (first, second)]
        assert pipes[0] == pipes[1]
        assert len(set(pipes[0])) == 2
        assert [list(end.paths) for end in (first, second)] == [["wb", "rb"], ["rb", "wb"]]


def test_a_program_that_knows_the_paths_plays() -> None:
    """The shell opens from left to right: first what it reads from, then what it writes to."""
    echo = "sh", "-c", 'exec cat <"$0" >"$1"'
    with open_pair(SPAWN, 100) as (ours, _), Running(*echo, *ours.paths.values()) as program:
        with ours as end:
            for token in range(20):
                end.send((token, b"x" * token))
                assert end.recv() == (token, b"x" * token)
        assert program.end(0) == ("", "")


def test_a_program_that_opens_them_the_other_way_round_never_comes() -> None:
    with open_pair(SPAWN, 100) as (ours, _):
        there, back = ours.paths.values()
        at_the_door = 'echo here; exec cat >"$1" <"$0"'
        receiver, sender = SPAWN.Pipe(duplex=False)
        with Running("sh", "-c", at_the_door, there, back) as program, receiver, sender:
            assert program.line() == "here"
            with children(SPAWN, come_and_go, (ours, sender)) as (process,):
                assert receiver.poll(LIMIT_S)
                process.join(PATIENCE_S)
                assert process.is_alive()
                assert not program.has_ended
                with open(back, "rb"):  # it gets on, and comes to what the other one waits for
                    process.join(LIMIT_S)
                    assert process.exitcode == 0
            assert program.end(0) == ("", "")


def send_and_wait(end: FifoEnd) -> None:
    with end:
        end.send((1, b"ready"))
        signal.pause()


def test_the_end_of_a_killed_peer_is_seen_at_once(start_method: str) -> None:
    """Whoever made the pipes has no copy of any end."""
    context = multiprocessing.get_context(start_method)
    with (
        open_pair(context, 100) as (ours, theirs),
        children(context, send_and_wait, (theirs,)) as (process,),
        ours as end,
    ):
        assert end.recv() == (1, b"ready")
        process.kill()
        with pytest.raises(EOFError):
            end.recv()
        process.join()  # its other end is closed, too
        with pytest.raises(BrokenPipeError):
            end.send((2, b""))
        with pytest.raises(BrokenPipeError):
            end.files["wb"].close()  # it tries once more


def test_half_a_message_and_then_the_end() -> None:
    with open_pair(SPAWN, 100) as (ours, _):
        there, back = ours.paths.values()
        frame = 'exec 3<"$0" 4>"$1"; head -c "$2" /dev/zero >&4'
        with Running("sh", "-c", frame, there, back, HEADER.size - 1) as program:
            with ours as end, pytest.raises(EOFError):
                end.recv()
            program.end(0)


def test_only_the_owner_may_enter_and_nothing_stays() -> None:
    with open_pair(SPAWN, 0) as (first, _):
        folder = Path(first.paths["wb"]).parent
        modes = {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
        assert [path.is_fifo() for path in folder.iterdir()] == [True, True]
        assert (stat.S_IMODE(folder.stat().st_mode), modes) == (0o700, {0o600})
    assert not folder.exists()
