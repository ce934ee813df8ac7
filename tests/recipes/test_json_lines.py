"""Whoever reads lines and writes lines can play; and a line must not stay with its writer."""

from __future__ import annotations

import io
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from select import select

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driver import environment
from samples import why_not
from streams import LIMIT_S

if reason := why_not("json-lines"):
    pytest.skip(reason, allow_module_level=True)

from ipc_cookbook.recipes.json_lines import JsonEnd, JsonLines, open_pair

MOST = 300
TOKENS = st.integers(0, 2**64 - 1)
PAYLOADS = st.binary(max_size=MOST)
SPLITS = st.lists(st.integers(1, 40), min_size=1)
"""How many bytes arrive at a time; repeated until all have."""

SH = r"""
while IFS= read -r line; do
    token=${line#*'"token": '} payload=${line#*'"payload": "'}
    printf '{"payload":"%s","token":%d}\n' "${payload%%\"*}" "$((${token%%[!0-9]*} + 1))"
done
"""
"""It answers with its own JSON: other spaces, and the names in the other order."""

AWK = r"""
match($0, /"token": [0-9]+/) {
    token = substr($0, RSTART + 9, RLENGTH - 9) + 1
    sub(/"token": [0-9]+/, "\"token\": " token)
    print
    fflush()
}
"""
BY_LINE = ["-W", "interactive"] if "mawk" in os.path.realpath(shutil.which("awk") or "") else []
PROGRAMS = {"sh": ["sh", "-c", SH], "awk": ["awk", *BY_LINE, AWK]}


@contextmanager
def pair() -> Iterator[tuple[JsonEnd, JsonEnd]]:
    with open_pair(multiprocessing.get_context("spawn"), MOST) as ends:
        yield ends


@contextmanager
def playing(end: JsonEnd, command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """A program that has this end as its input and its output; we have no copy of it any more."""
    stdin, stdout = end.reader.fileno(), end.writer.fileno()
    with subprocess.Popen(command, stdin=stdin, stdout=stdout, env=environment({})) as popen:
        end.reader.close()
        end.writer.close()
        try:
            yield popen
        finally:
            popen.kill()


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_in_another_language_plays(program: str) -> None:
    if not shutil.which(program):
        pytest.skip(f"there is no {program} here")
    with pair() as (ours, theirs), playing(theirs, PROGRAMS[program]) as other, ours as lines:
        for token in range(1, 50, 2):
            said = bytes(range(token, 200))
            lines.send((token, said))
            assert lines.recv() == (token + 1, said)
        lines.outgoing.close()
        assert other.wait(LIMIT_S) == 0
        with pytest.raises(EOFError):
            lines.recv()


@contextmanager
def writing(buffering: int) -> Iterator[tuple[JsonLines, int]]:
    """A player who writes to a pipe, and the pipe's other end."""
    reader, writer = os.pipe()
    try:
        with open(os.devnull) as nothing, open(writer, "w", buffering=buffering) as outgoing:
            yield JsonLines(nothing, outgoing, MOST), reader
    finally:
        os.close(reader)


def holds_something(reader: int) -> bool:
    return select([reader], [], [], 0) == ([reader], [], [])


def test_with_the_usual_buffer_a_line_stays_with_its_writer() -> None:
    """And who waits for it and was to answer does not."""
    with writing(buffering=-1) as (lines, reader):
        lines.send((1, b"Ping"))
        assert not holds_something(reader)
        lines.outgoing.flush()
        assert holds_something(reader)


def test_with_a_buffer_for_one_line_it_has_gone_when_send_returns() -> None:
    with writing(buffering=1) as (lines, reader):
        lines.send((1, b"Ping"))
        assert holds_something(reader)


def test_the_recipe_lets_go_of_each_line() -> None:
    with pair() as (ours, theirs), ours as lines:
        lines.send((1, b"Ping"))
        assert holds_something(theirs.reader.fileno())


PRINTS = "import sys\nfor line in sys.stdin: print(line, end=''{flush})"


@pytest.mark.parametrize("flush", [False, True])
def test_a_program_that_only_prints_keeps_its_line(flush: bool) -> None:
    code = PRINTS.format(flush=", flush=True" if flush else "")
    command = [sys.executable, "-c", code]
    with pair() as (ours, theirs), playing(theirs, command), ours as lines:
        lines.send((1, b"Ping"))
        came, _, _ = select([lines.incoming], [], [], LIMIT_S if flush else 0.5)
        assert bool(came) == flush
        lines.outgoing.close()
        assert lines.recv() == (1, b"Ping")


@given(TOKENS, PAYLOADS)
def test_a_message_is_one_line_of_ascii(token: int, payload: bytes) -> None:
    with writing(buffering=1) as (lines, reader):
        lines.send((token, payload))
        line = os.read(reader, 10_000)
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert line.isascii()
    message = json.loads(line)
    assert message.keys() == {"token", "payload"}
    assert (message["token"], b64decode(message["payload"])) == (token, payload)


class Trickle(io.RawIOBase):
    """What a pipe may do: no read gives more bytes than the next split says."""

    def __init__(self, content: bytes, splits: list[int]) -> None:
        self.content, self.splits = io.BytesIO(content), splits

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        self.splits.append(self.splits.pop(0))
        piece = self.content.read(min(len(buffer), self.splits[-1]))
        buffer[: len(piece)] = piece
        return len(piece)


def arriving(content: str, splits: list[int]) -> JsonLines:
    """A player to whom this comes, and then the end."""
    raw = Trickle(content.encode(), splits)
    incoming = io.TextIOWrapper(io.BufferedReader(raw), encoding="ascii")
    return JsonLines(incoming, io.StringIO(), MOST)


def line_of(token: int, payload: bytes) -> str:
    return json.dumps({"payload": b64encode(payload).decode(), "token": token})


@given(st.lists(st.tuples(TOKENS, PAYLOADS), max_size=4), SPLITS)
def test_lines_arrive_however_they_are_split(
    messages: list[tuple[int, bytes]], splits: list[int]
) -> None:
    lines = arriving("".join(line_of(*message) + "\n" for message in messages), splits)
    assert [lines.recv() for _ in messages] == messages
    with pytest.raises(EOFError):
        lines.recv()


@given(TOKENS, PAYLOADS, SPLITS, st.data())
def test_half_a_line_and_then_the_end(
    token: int, payload: bytes, splits: list[int], data: st.DataObject
) -> None:
    """Even where all that is missing is the line's end."""
    line = line_of(token, payload)
    half = line[: data.draw(st.integers(0, len(line)))]
    with pytest.raises(EOFError):
        arriving(half, splits).recv()
