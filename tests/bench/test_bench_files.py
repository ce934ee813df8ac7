"""A file appears whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ipc_cookbook.render.files import CannotWrite, check_target, write_whole


def test_new_content_takes_the_place_of_the_old(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_whole(str(path), "old")
    write_whole(str(path), b"new")
    assert path.read_text() == "new"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_old_content_stays_if_the_new_cannot_be_completed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")

    def fail(source: str, target: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(CannotWrite, match="No space left"):
        write_whole(str(path), "new")
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_link_stays_a_link(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("old")
    link.symlink_to(target)
    write_whole(str(link), "new")
    assert link.is_symlink()
    assert target.read_text() == "new"


def test_good_target_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.SVG"
    check_target(str(path), [".svg"])
    assert os.listdir(tmp_path) == []
    path.write_text("old")
    check_target(str(path), [".svg"])
    assert path.read_text() == "old"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("none/a.svg", "cannot write .*none/a.svg: No such file"),
        ("file/a.svg", "cannot write .*file/a.svg: Not a directory"),
        ("folder.svg", "it is there and is no file"),
        ("a.gif", "must end in .svg, .png"),
        ("a.svg/", "is not the name of a file"),
    ],
)
@pytest.mark.skipif(os.name != "posix", reason="the system's own words")
def test_bad_target(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder.svg").mkdir()
    with pytest.raises(ValueError, match=message):
        check_target(f"{tmp_path}/{name}", [".svg", ".png"] if "/" not in name[-1] else [])


@pytest.mark.skipif(not os.path.exists("/dev/null"), reason="needs /dev/null")
def test_device_is_no_target() -> None:
    with pytest.raises(ValueError, match="is no file"):
        check_target("/dev/null")
