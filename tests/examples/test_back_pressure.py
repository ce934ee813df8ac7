"""A full queue holds the producer up, and whoever writes to it; an endless one takes all."""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import time
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from programs import EXAMPLES, command, interrupt, strike
from record import DATA

from driver import Running, run

PROGRAM = "back_pressure.py"
PIPE = 2**16  # bytes that a FIFO holds, and that one read of it gives at most
BOUND = (8 + 1 + 1) * PIPE  # in the queue, in the producer's hand, in the FIFO
ENDLESS = ["--maxsize", "0"]


class Source:
    """A FIFO that the program reads from, and its end of the test."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        self.path = path
        self.descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK)

    def write(self, size: int) -> int:
        """As many bytes as are taken before nobody takes any for a while."""
        written = 0
        while written < size and select.select([], [self.descriptor], [], 1)[1]:
            written += os.write(self.descriptor, bytes(min(PIPE, size - written)))
        return written

    def close(self) -> None:
        os.close(self.descriptor)


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Source]:
    with closing(Source(tmp_path / "source")) as made:
        yield made


def started(source: Source, *options: str) -> tuple[Running, int]:
    """The program, and its consumer."""
    running = Running(*command(PROGRAM, source.path, *options))
    (consumer,) = running.until_started(1)
    return running, consumer


@pytest.mark.parametrize("options", [[], ["--maxsize", "1"], ENDLESS])
def test_the_size_is_right_however_long_the_queue(options: list[str], tmp_path: Path) -> None:
    content = b"".join(b"%d\n" % number for number in range(300_000))
    (tmp_path / "file").write_bytes(content)
    done = run(*command(PROGRAM, tmp_path / "file", *options))
    packer = zlib.compressobj(9)
    packed = len(packer.compress(content) + packer.flush())
    read, result = done.stdout.splitlines()
    assert read.startswith("read in ")
    assert result == f"{packed} bytes once compressed"


def test_a_slow_consumer_holds_up_whoever_writes_to_the_producer(source: Source) -> None:
    running, consumer = started(source)
    with running:
        strike(consumer, signal.SIGSTOP)
        written = source.write(4 * BOUND)
        assert 0 < written <= BOUND + PIPE  # it may have had one block before
        os.kill(consumer, signal.SIGCONT)
        assert source.write(4 * BOUND - written) == 4 * BOUND - written
        interrupt(running, "parent")
        running.end(130)


def test_an_endless_queue_takes_all(source: Source) -> None:
    running, consumer = started(source, *ENDLESS)
    with running:
        strike(consumer, signal.SIGSTOP)
        assert source.write(4 * BOUND) == 4 * BOUND
        os.kill(consumer, signal.SIGCONT)
        interrupt(running, "parent")
        running.end(130)


@pytest.mark.parametrize("options", [[], ENDLESS])
@pytest.mark.parametrize("blocks", [0, 4 * BOUND])
def test_a_killed_consumer_is_noticed(source: Source, blocks: int, options: list[str]) -> None:
    """Whether the producer waits for input or for room in the queue."""
    running, consumer = started(source, *options)
    with running:
        strike(consumer, signal.SIGSTOP)
        source.write(blocks)
        os.kill(consumer, signal.SIGKILL)
        assert running.end(1) == ("", "the consumer died with status -9\n")


def test_put_alone_would_wait_for_ever(source: Source) -> None:
    """As the page says; a second is taken for that."""
    program = (EXAMPLES / PROGRAM).read_text(encoding="utf-8")
    thread = "Thread(target=produce, args=(args.file, blocks), daemon=True)"
    assert f"    {thread}.start()\n" in program
    other = source.path.with_name(PROGRAM)
    other.write_text(program.replace(f"{thread}.start()", "produce(args.file, blocks)"))
    with Running(sys.executable, other, source.path) as running:
        (consumer,) = running.until_started(1)
        strike(consumer, signal.SIGSTOP)
        source.write(4 * BOUND)
        os.kill(consumer, signal.SIGKILL)
        time.sleep(1)
        assert not running.has_ended


def test_a_file_that_cannot_be_read_is_named() -> None:
    done = run(*command(PROGRAM, "/nowhere"), status=1)
    assert done.stdout == ""
    assert done.stderr == "[Errno 2] No such file or directory: '/nowhere'\n"


def test_the_recorded_memory_is_as_the_page_says() -> None:
    """Not how much it is on that machine, but that one of them grows and the other does not."""
    document = json.loads((DATA / "back-pressure.json").read_text(encoding="utf-8"))
    bounded, endless = document["runs"]
    assert (bounded["maxsize"], endless["maxsize"]) == (8, 0)
    grown = {}
    for each in document["runs"]:
        first, *rest = (bytes_held for _, bytes_held in each["samples"])
        grown[each["maxsize"]] = max(rest) - first
    assert grown[0] > 10 * max(grown[8], 1)
    assert grown[0] > 0.8 * document["file_bytes"]
    assert grown[8] < 4 * document["block_bytes"] * 8
