"""What it costs to look all the time, what it gains, and what it takes to see whole numbers."""

from __future__ import annotations

import importlib.util
import multiprocessing
import platform
import shutil
import struct
from multiprocessing.process import BaseProcess
from multiprocessing.shared_memory import SharedMemory
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from costs import needs_two_cpus, round_trip_s, waiting
from driver import CODE, run
from ipc_cookbook import TransportUnavailable, catalog
from samples import PLAIN, skip_unless_here

NAME = "spin"


@pytest.fixture
def _on_x86() -> None:
    skip_unless_here(NAME)


on_x86 = pytest.mark.usefixtures("_on_x86")


@on_x86
def test_waiting_takes_a_cpu_where_others_sleep() -> None:
    """All of one, if nobody else wants it."""
    ours, theirs = waiting(NAME), waiting(PLAIN)
    assert ours.wanted > 0.5
    assert theirs.used < 0.05
    assert ours.used > 2 * theirs.used


@on_x86
@pytest.mark.sweep
@needs_two_cpus
def test_a_round_trip_is_ten_times_as_fast_as_over_queues() -> None:
    """Some eighty times, with two CPUs that nobody else wants."""
    assert round_trip_s(NAME, cpus=2) < round_trip_s(PLAIN, cpus=2) / 10


@on_x86
@pytest.mark.sweep
@needs_two_cpus
def test_on_one_cpu_it_is_ten_times_as_slow() -> None:
    """Who looks keeps away the one who could answer, until the system takes the CPU away."""
    assert round_trip_s(NAME, cpus=1, tokens=40) > 10 * round_trip_s(PLAIN, cpus=1)


OLD, NEW = 0x1111_1111_1111_1111, 0x2222_2222_2222_2222
READS = 100_000
TRIES = 1000


def write(memory: SharedMemory, in_one_store: bool, is_enough: Event) -> None:
    """Write the one number, and the other one, over and over."""
    assert memory.buf is not None
    with memory.buf[:8] as place, place.cast("Q") as numbers:
        while not is_enough.is_set():
            for number in [OLD, NEW] * 1000:
                if in_one_store:
                    numbers[0] = number
                else:
                    struct.pack_into("=Q", place, 0, number)
    memory.close()


def numbers_seen(*, in_one_store: bool, tries: int) -> set[int]:
    """What another process sees meanwhile; it stops trying at the first wrong number."""
    context = multiprocessing.get_context()
    memory, is_enough = SharedMemory(create=True, size=8), context.Event()
    assert memory.buf is not None
    process: BaseProcess = context.Process(target=write, args=(memory, in_one_store, is_enough))
    with memory.buf[:8] as place, place.cast("Q") as numbers:
        numbers[0] = OLD
        process.start()
        while numbers[0] == OLD:
            assert process.is_alive()
        seen: set[int] = set()
        for _ in range(tries):
            seen |= {numbers[0] for _ in range(READS)}
            if not seen <= {OLD, NEW}:
                break
    is_enough.set()
    process.join()
    memory.close()
    memory.unlink()
    return seen


@on_x86
@needs_two_cpus
def test_pack_into_shows_zero_before_the_number() -> None:
    """And zero is even, as if it was Ping's turn."""
    assert numbers_seen(in_one_store=False, tries=TRIES) - {OLD, NEW} == {0}


@on_x86
def test_an_item_of_eight_bytes_is_seen_whole() -> None:
    assert numbers_seen(in_one_store=True, tries=10) == {OLD, NEW}


WHY = "others may show the token before its payload"


@pytest.mark.parametrize("machine", ["aarch64", "arm64", "ARM64", "riscv64", "ppc64le"])
def test_where_stores_may_change_places_it_refuses(
    machine: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Also when its file was taken home, where no catalog stands before it."""
    monkeypatch.setattr(platform, "machine", lambda: machine)
    with pytest.raises(TransportUnavailable) as refused:
        catalog.load(NAME)
    assert f"{NAME} runs on x86-64, and this is {machine}: it shows stores" in str(refused.value)
    assert WHY in str(refused.value)
    with pytest.raises(ImportError, match="only x86-64 is sure to show the token after"):
        import_copy(tmp_path)


def import_copy(folder: Path) -> object:
    copy = shutil.copy(catalog.path_of(NAME), folder / "taken_home.py")
    spec = importlib.util.spec_from_file_location("taken_home", copy)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@on_x86
def test_where_they_do_not_it_can_be_imported(tmp_path: Path) -> None:
    assert hasattr(import_copy(tmp_path), "open_pair")


LIST_ON_ARM = """
import platform, runpy, sys
platform.machine = lambda: "aarch64"
sys.argv = ["ipc_cookbook", "list"]
runpy.run_module("ipc_cookbook", run_name="__main__", alter_sys=True)
"""


def test_the_list_says_why_it_does_not_run_there() -> None:
    table, why = run(*CODE, LIST_ON_ARM).stdout.rsplit(f"\n{NAME} runs on x86-64", 1)
    assert why.startswith(", and this is aarch64: ")
    assert WHY in why
    (row,) = (line for line in table.splitlines() if line.startswith(f"{NAME} "))
    assert row.endswith(" no")
