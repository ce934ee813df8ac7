"""A file appears whole, or its content is somewhere else; and whoever asked is told where."""

from __future__ import annotations

import os
import stat
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from driver import CODE, run
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
    with pytest.raises(CannotWrite, match="No space left") as caught:
        write_whole(str(path), "new")
    assert path.read_text() == "old"
    (saved,) = {*tmp_path.iterdir()} - {path}
    assert saved.read_text() == "new"
    assert str(caught.value).endswith(f"; its content is in {saved}")


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


# Files that cannot be replaced


def shell(preparation: str, *command: object, cwd: Path) -> CompletedProcess[str]:
    """Run a command in a mount namespace of its own, after some lines of shell."""
    script = f'set -e; {preparation}; exec "$@"'
    return run("unshare", "--mount", "sh", "-c", script, "sh", *command, cwd=cwd)


@pytest.fixture(scope="module")
def _may_mount() -> None:
    try:
        run("unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt")
    except (OSError, AssertionError):
        pytest.skip("needs the right to mount")


WRITES = """
import os, sys
from ipc_cookbook.render.files import check_target, write_whole
check_target(sys.argv[1])
print(write_whole(sys.argv[1], "new"))
print(open(sys.argv[1]).read(), sorted(os.listdir()))
"""


@pytest.mark.usefixtures("_may_mount")
def test_a_file_that_is_mounted_is_written_over(tmp_path: Path) -> None:
    """As a file of the host's is in a container."""
    (tmp_path / "source").write_text("old content")
    (tmp_path / "a.txt").touch()
    done = shell("mount --bind source a.txt", *CODE, WRITES, "a.txt", cwd=tmp_path)
    assert done.stdout == (
        "a.txt could not be replaced (Device or resource busy), so it was written over\n"
        "new ['a.txt', 'source']\n"
    )
    assert (tmp_path / "source").read_text() == "new"


@pytest.mark.skipif(os.name != "posix" or os.getuid() != 0, reason="needs another user's files")
@pytest.mark.parametrize("mode", [0o1777, 0o755], ids=["sticky", "of somebody else"])
def test_a_file_in_somebody_else_s_folder_is_written_over(tmp_path: Path, mode: int) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.txt").write_text("old content")
    (folder / "a.txt").chmod(0o666)
    folder.chmod(mode)
    rights = "-all,+dac_read_search"
    become = ("setpriv", "--reuid=54321", "--clear-groups")
    able = (f"--inh-caps={rights}", f"--ambient-caps={rights.partition(',')[2]}")
    done = run(*become, *able, *CODE, WRITES, "a.txt", cwd=folder)
    assert "a.txt could not be replaced (" in done.stdout
    assert done.stdout.endswith(", so it was written over\nnew ['a.txt']\n")


@pytest.mark.parametrize("attribute", ["a", "i"], ids=["append-only", "immutable"])
def test_a_file_that_cannot_be_written_over_is_no_target(tmp_path: Path, attribute: str) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    try:
        run("chattr", f"+{attribute}", path)
    except (OSError, AssertionError):
        pytest.skip("this file system, or this user, has no such attributes")
    try:
        with pytest.raises(ValueError, match="Operation not permitted"):
            check_target(str(path))
    finally:
        run("chattr", f"-{attribute}", path)
    assert path.read_text() == "old"


def test_content_that_cannot_be_put_in_place_is_kept(tmp_path: Path) -> None:
    """Elsewhere if its own folder does not take it either."""
    path = tmp_path / "gone" / "a.json"
    with pytest.raises(CannotWrite, match="No such file or directory; its content is in ") as error:
        write_whole(str(path), "new")
    saved = Path(str(error.value).rpartition(" ")[2])
    assert saved.parent == Path(tempfile.gettempdir())
    assert saved.suffix == ".json"
    assert saved.read_text() == "new"
    saved.unlink()


def test_a_new_file_has_the_rights_that_others_have(tmp_path: Path) -> None:
    write_whole(str(tmp_path / "a"), "new")
    (tmp_path / "b").touch()
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "b").stat().st_mode
    (tmp_path / "a").chmod(0o640)
    write_whole(str(tmp_path / "a"), "newer")
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640


def test_two_writers_at_once_are_not_in_each_other_s_way(tmp_path: Path) -> None:
    """Two threads of one process, say."""
    path = tmp_path / "a"
    contents = [letter * 100_000 for letter in "abcd"]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda content: write_whole(str(path), content), contents * 5)) == (
            [None] * 20
        )
    assert path.read_text() in contents
    assert os.listdir(tmp_path) == ["a"]
