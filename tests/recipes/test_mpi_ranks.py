"""What the MPI recipe promises besides the game: whatever dies, the job ends, leaving nothing."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from pathlib import Path

import pytest

from driver import COOKBOOK, Running, until
from faulty import FaultyTransport, OwnFault
from ipc_cookbook import PlayerDied, run_pingpong
from ipc_cookbook.leftovers import parent_of, process_ids, program_of
from samples import skip_unless_here
from two_players import read_words

NAME = "mpi"
skip_unless_here(NAME)

from ipc_cookbook.recipes import mpi_ranks  # noqa: E402
from ipc_cookbook.recipes.mpi_ranks import RankEnd  # noqa: E402

SPAWN = multiprocessing.get_context("spawn")


def ranks_of(mpiexec: int) -> list[int]:
    """The ranks are the grandchildren of mpiexec, whose proxy has started them."""
    return sorted(pid for pid in process_ids() if parent_of(parent_of(pid)) == mpiexec)


def kill_a_rank(_: RankEnd, mpiexec: int) -> None:
    os.kill(ranks_of(mpiexec)[0], signal.SIGKILL)


OWN_FAULTS = {"rank killed": OwnFault(kill_a_rank, blames_server=True)}


def test_there_are_two_ranks_and_neither_is_a_player() -> None:
    with mpi_ranks.open_pair(SPAWN, 0):
        (mpiexec,) = multiprocessing.active_children()
        assert mpiexec.pid is not None
        ranks = ranks_of(mpiexec.pid)
        assert len(ranks) == 2
        assert all(sys.executable in program_of(rank) for rank in ranks)
    assert ranks_of(mpiexec.pid) == []


def test_words_may_go_both_ways_at_once() -> None:
    with mpi_ranks.open_pair(SPAWN, 10) as (first, second):
        for number in range(50):
            first.send((number, b"there"))
            second.send((number, b"back"))
        assert [first.recv() for _ in range(50)] == [(number, b"back") for number in range(50)]
        assert [second.recv() for _ in range(50)] == [(number, b"there") for number in range(50)]


def test_a_dead_rank_ends_the_job() -> None:
    with mpi_ranks.open_pair(SPAWN, 0) as (first, second):
        (mpiexec,) = multiprocessing.active_children()
        assert mpiexec.pid is not None
        kill_a_rank(first, mpiexec.pid)
        for end in first, second:
            with pytest.raises(EOFError):
                end.recv()
        mpiexec.join()
        assert mpiexec.exitcode != 0


def test_a_player_that_has_gone_ends_the_job() -> None:
    with mpi_ranks.open_pair(SPAWN, 0) as (first, second):
        second.rank.close()
        with pytest.raises(EOFError):
            first.recv()


def test_mpi_keeps_no_name_in_the_shared_memory() -> None:
    """Of what the ranks share, each has what would be left behind if they were killed."""
    with mpi_ranks.open_pair(SPAWN, 0):
        (mpiexec,) = multiprocessing.active_children()
        for rank in ranks_of(mpiexec.pid or 0):
            maps = Path(f"/proc/{rank}/maps").read_text().splitlines()
            shared = [line for line in maps if "mpich_shm" in line]
            assert shared
            assert all(line.endswith(" (deleted)") for line in shared)


def test_all_of_it_ends_with_a_program_that_is_killed(start_method: str) -> None:
    options = (NAME, "--start-method", start_method, "--delay", "1")
    with Running(*COOKBOOK, *options, is_tidy=False) as program:
        read_words(program, 1)
        (mpiexec,) = (pid for pid in process_ids() if is_mpiexec_of(program.pid, pid))
        ranks = ranks_of(mpiexec)
        program.kill()
        program.end(-signal.SIGKILL, traceback=None)
        until(lambda: not any(is_running(rank) for rank in ranks))


def is_mpiexec_of(program: int, pid: int) -> bool:
    """A child, or one of its fork server's."""
    is_mpiexec = program_of(pid).split(" ")[0].endswith("/mpiexec")
    return is_mpiexec and program in (parent_of(pid), parent_of(parent_of(pid)))


def test_a_rank_that_dies_is_named_by_its_job() -> None:
    with pytest.raises(PlayerDied) as caught:
        run_pingpong(FaultyTransport(NAME, fault="rank killed", token=10))
    assert caught.value.player == "mpiexec"


def is_running(pid: int) -> bool:
    """Nobody here may collect an orphan that has ended; it has no command any more."""
    try:
        return bool(Path(f"/proc/{pid}/cmdline").read_bytes())
    except OSError:
        return False
