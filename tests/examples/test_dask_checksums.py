"""Checksums by a pool of Dask's that loses a worker: the lines are those of ``sha256sum``."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from programs import command, interrupt

from driver import Running, run, until
from processes import open_files

if importlib.util.find_spec("distributed") is None:  # to import it changes how exceptions pickle
    pytest.skip("the program needs distributed", allow_module_level=True)
pytest.importorskip("cryptography")
SHA256SUM = shutil.which("sha256sum")
PROGRAM = "dask_checksums.py"


def fill(folder: Path) -> list[bytes]:
    """Files with odd names, in the order of these, and some that are none. Returns those."""
    names = [b"a folder/deeper/x", b"back\\slash", b"empty", b"new\nline", b"not \xff utf-8"]
    paths = [os.path.join(os.fsencode(folder), name) for name in names]
    (folder / "a folder" / "deeper").mkdir(parents=True)
    for number, path in enumerate(paths):
        Path(os.fsdecode(path)).write_bytes(b"0123456789" * (number * 10000 if number != 2 else 0))
    return paths


@contextmanager
def busy(folder: Path, *, is_tidy: bool = True) -> Iterator[tuple[Running, int, Path]]:
    """A program, a worker of it, and the file that this one reads without an end."""
    path = folder / "endless"
    with path.open("wb") as file:
        file.truncate(2**41)
    with Running(*command(PROGRAM, folder, "--workers", 2), is_tidy=is_tidy) as running:

        def readers() -> list[int]:
            return [pid for pid in running.workers() if has_open(pid, path)]

        until(readers)
        (reader,) = readers()
        yield running, reader, path


def has_open(pid: int, path: Path) -> bool:
    with suppress(FileNotFoundError):  # the process has ended
        return str(path) in open_files(pid)
    return False


@pytest.mark.skipif(not SHA256SUM, reason="there is no sha256sum")
def test_the_file_of_a_killed_worker_is_read_by_another(tmp_path: Path) -> None:
    paths = fill(tmp_path)
    os.mkfifo(tmp_path / "a fifo")
    (tmp_path / "gone").symlink_to(tmp_path / "nothing")
    with busy(tmp_path) as (running, reader, endless):
        (tmp_path / "other").write_text("an end")
        (tmp_path / "other").rename(endless)
        os.kill(reader, signal.SIGKILL)
        out, err = running.end(1)
    files = sorted(map(os.fsdecode, [*paths, os.fsencode(endless)]))
    assert out == run(str(SHA256SUM), *files).stdout
    assert err.splitlines() == [
        f"worker {reader} was lost",
        f"{tmp_path}/a fifo: not a regular file",
        f"{tmp_path}/gone: No such file or directory",
    ]


def test_ctrl_c(tmp_path: Path) -> None:
    with busy(tmp_path) as (running, _, _):
        interrupt(running)
        assert running.end(130) == ("", "")


def test_nobody_outlives_a_killed_program(tmp_path: Path) -> None:
    with busy(tmp_path, is_tidy=False) as (running, _, _):
        running.kill()
        running.end(-signal.SIGKILL)


def test_mistakes_are_named(tmp_path: Path) -> None:
    done = run(*command(PROGRAM, tmp_path, "--workers", 0), status=2)
    assert "error: argument --workers: invalid choice: 0 (choose from 1," in done.stderr
    (tmp_path / "distributed.py").write_text("raise ImportError('there is no Dask')")
    done = run(*command(PROGRAM, tmp_path), status=1, env={"PYTHONPATH": str(tmp_path)})
    assert done.stderr == "there is no Dask: pip install distributed cryptography\n"
