"""Checksums of a folder's files, in the order of their names."""

from __future__ import annotations

import hashlib
import os
import signal
from pathlib import Path

from programs import command

from driver import Running, run, until
from processes import open_files

PROGRAM = "queue_checksums.py"


def expected(paths: list[bytes]) -> str:
    """The lines for these files, in the order of their names."""
    lines = [
        f"{hashlib.sha256(Path(os.fsdecode(path)).read_bytes()).hexdigest()}  {os.fsdecode(path)}\n"
        for path in sorted(paths, key=os.fsdecode)
    ]
    return "".join(lines)


def fill(folder: Path) -> list[bytes]:
    """Files as they come: of all sizes, in folders, with odd names. Returns their paths."""
    (folder / "a folder" / "deeper").mkdir(parents=True)
    names = [b"empty", b"with space", "übung".encode(), b"not \xff utf-8", b"a folder/deeper/x"]
    names += [b"%03d" % number for number in range(40)]
    paths = [os.path.join(os.fsencode(folder), name) for name in names]
    for number, path in enumerate(paths):
        Path(os.fsdecode(path)).write_bytes(b"0123456789" * (1000 * (number % 7) if number else 0))
    return paths


def test_in_the_order_of_the_names(tmp_path: Path) -> None:
    paths = fill(tmp_path)
    done = run(*command(PROGRAM, tmp_path, "--workers", 3))
    assert done.stdout == expected(paths)
    assert done.stderr == ""


def test_more_tasks_and_answers_than_a_pipe_holds(tmp_path: Path) -> None:
    folder = tmp_path / ("long name " * 20)
    folder.mkdir()
    for number in range(2000):
        (folder / f"{number:04}").write_text(str(number))
    lines = run(*command(PROGRAM, folder, "--workers", 2)).stdout.splitlines()
    assert [line.rpartition("/")[2] for line in lines] == [f"{number:04}" for number in range(2000)]
    assert lines[7].startswith(hashlib.sha256(b"7").hexdigest())


def test_poisonous_files_are_reported_and_skipped(tmp_path: Path) -> None:
    paths = fill(tmp_path)
    os.mkfifo(tmp_path / "fifo")  # no recipe
    (tmp_path / "gone").symlink_to(tmp_path / "nothing")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "memory").symlink_to("/proc/self/mem")
    done = run(*command(PROGRAM, tmp_path, "--workers", 2), status=1)
    assert done.stdout == expected(paths)
    assert done.stderr.splitlines() == [
        f"{tmp_path}/fifo: not a regular file",
        f"{tmp_path}/gone: No such file or directory",
        f"{tmp_path}/loop: Too many levels of symbolic links",
        f"{tmp_path}/memory: Input/output error",
    ]


def test_an_empty_folder(tmp_path: Path) -> None:
    done = run(*command(PROGRAM, tmp_path))
    assert (done.stdout, done.stderr) == ("", "")


def test_a_killed_worker_ends_it_all(tmp_path: Path) -> None:
    endless = tmp_path / "endless"
    with endless.open("wb") as file:
        file.truncate(2**41)
    with Running(*command(PROGRAM, tmp_path, "--workers", 2)) as running:
        workers = running.until_started(2)
        until(lambda: holders(workers, endless))
        (holder,) = holders(workers, endless)
        os.kill(holder, signal.SIGKILL)
        out, err = running.end(1)
    assert out == ""
    assert err == f"worker {holder} died, and its task with it\n"


def holders(workers: list[int], path: Path) -> list[int]:
    """Which of them have the file open."""
    return [pid for pid in workers if str(path) in open_files(pid)]
