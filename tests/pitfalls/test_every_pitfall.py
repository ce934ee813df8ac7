"""Every pitfall fails as its file says and is mended by its few lines; nothing stays behind."""

from __future__ import annotations

import ast
import multiprocessing
import os
import shutil
import sys
import sysconfig
from pathlib import Path

import pytest

from commands import cookbook, needs_posix, results_of
from driver import run
from ipc_cookbook import facts, gallery
from ipc_cookbook.gallery import BROKEN, FIXED
from ipc_cookbook.gallery.advice import pattern_of, words_of
from test_typing import check_types

psutil = pytest.importorskip("psutil", reason="programs are watched with it")

from ipc_cookbook.gallery.watch import NoSmallMemory, watch, with_small_memory  # noqa: E402

FOLDER = Path(gallery.path_of(gallery.NAMES[0], BROKEN)).parents[1]
PAGES = Path(__file__).parents[2] / "docs" / "pitfalls"
SCRIPTS = f"{sysconfig.get_path('scripts')}{os.pathsep}{os.environ['PATH']}"
FEWEST_LINES, MOST_LINES = 10, 35
MOST_CHANGED = 5

every_pitfall = pytest.mark.parametrize("name", gallery.NAMES)


def skip_unless_it_can_be_shown(pitfall: gallery.Pitfall) -> None:
    if pitfall.shared_memory_mib:
        try:
            with_small_memory(pitfall.shared_memory_mib)
        except NoSmallMemory as reason:
            pytest.skip(str(reason))


@needs_posix
@pytest.mark.sampled
@pytest.mark.part
@every_pitfall
def test_it_fails_as_taught_and_is_mended(name: str, start_method: str) -> None:
    """Where it does not fail by its own account, it does not."""
    pitfall = gallery.describe(name)
    if pitfall.why_not_here(start_method):
        ending = watch(pitfall.broken, start_method)
        assert ending.status is not None
        assert not ending.shows(pitfall.outcome)
        return
    skip_unless_it_can_be_shown(pitfall)
    done = cookbook("pitfall", name, "--start-method", start_method, "--json")
    (result,) = results_of(done)
    assert (result["name"], result["start_method"]) == (name, start_method)
    assert result["as_taught"]
    assert result["mended"]
    broken, fixed = result["broken"], result["fixed"]
    if broken["hung"] and sys.platform == "linux" and shutil.which("py-spy", path=SCRIPTS):
        assert result["diagnosis"]["pitfall"] == name
    assert broken["hung"] == (pitfall.outcome == "hangs")
    assert (broken["status"] is None) == broken["hung"]
    assert fixed["left"] == []
    if pitfall.messages and not broken["hung"]:
        assert any(pattern_of(each).search(broken["output"]) for each in pitfall.messages)
    assert done.stderr.startswith(f"{name}: {pitfall.outcome}, as taught")


@needs_posix
@every_pitfall
def test_a_plain_run_of_the_mended_one_ends(name: str, tmp_path: Path) -> None:
    """With nothing but ``python fixed.py``, in an empty folder."""
    pitfall = gallery.describe(name)
    (tmp_path / FIXED).write_text(pitfall.fixed, encoding="utf-8")
    raises = pitfall.outcome_mended.startswith("raises")
    where_it_matters = pitfall.shared_memory_mib is None
    status = (1, -2) if raises and where_it_matters else 0
    done = run(sys.executable, FIXED, cwd=tmp_path, status=status, traceback=None)
    if raises and where_it_matters:
        assert pitfall.outcome_mended.split()[1] in done.stderr


def test_the_catalog_names_every_folder() -> None:
    assert {path.name for path in FOLDER.iterdir() if path.is_dir()} == {*gallery.NAMES}
    assert len(gallery.NAMES) == len({*gallery.NAMES}) >= 20
    for name in gallery.NAMES:
        files = {path.name for path in (FOLDER / name).iterdir()} - {"__pycache__"}
        assert files == {BROKEN, FIXED}


@every_pitfall
def test_it_is_short_and_plain(name: str) -> None:
    pitfall = gallery.describe(name)
    for text in pitfall.broken, pitfall.fixed:
        assert len(text.splitlines()) <= MOST_LINES
        assert max(map(len, text.splitlines())) <= 100
        tree = ast.parse(text)
        words = {getattr(node, part, "") for node in ast.walk(tree) for part in ("id", "attr")}
        assert "sleep" not in words
        for node in ast.walk(tree):
            names = [alias.name for alias in getattr(node, "names", []) if hasattr(alias, "name")]
            modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else names
            if isinstance(node, ast.Import | ast.ImportFrom):
                packages = {module.partition(".")[0] for module in modules}
                assert packages <= {*sys.stdlib_module_names, "zmq"}
    assert len(pitfall.broken.splitlines()) >= FEWEST_LINES


@every_pitfall
def test_a_few_lines_mend_it(name: str) -> None:
    pitfall = gallery.describe(name)
    _, fields = facts.read_docstring(FIXED, pitfall.fixed)  # what it does is its first line
    assert fields == {}
    lines = pitfall.difference().splitlines()[2:]
    for sign in "+-":
        assert sum(line.startswith(sign) for line in lines) <= MOST_CHANGED
    assert any(line.startswith(("+", "-")) for line in lines)


@pytest.mark.skipif(not shutil.which("patch"), reason="there is no patch(1)")
@every_pitfall
def test_the_difference_is_a_patch(name: str, tmp_path: Path) -> None:
    pitfall = gallery.describe(name)
    (tmp_path / BROKEN).write_text(pitfall.broken, encoding="utf-8")
    difference = cookbook("pitfall", name, "--diff").stdout
    run("patch", BROKEN, cwd=tmp_path, stdin=difference)
    patched = (tmp_path / BROKEN).read_text(encoding="utf-8")
    assert gallery.split(patched)[2] == gallery.split(pitfall.fixed)[2]


def test_they_type_check(tmp_path: Path) -> None:
    for name in gallery.NAMES:
        for file in BROKEN, FIXED:
            shutil.copy(gallery.path_of(name, file), tmp_path / f"{name.replace('-', '_')}_{file}")
    check_types(tmp_path)


@every_pitfall
def test_its_page_is_titled_by_the_symptom(name: str) -> None:
    text = (PAGES / f"{name}.rst").read_text(encoding="utf-8")
    title, line, *_ = text.splitlines()
    assert title == gallery.describe(name).symptom
    assert line == "=" * len(title)
    for directive in "facts", "code", "difference":
        assert f".. pitfall-{directive}:: {name}\n" in text
    assert f".. transcript:: pitfall-{name}\n" in text


def test_every_page_is_of_a_pitfall() -> None:
    assert {page.stem for page in PAGES.glob("*.rst")} == {*gallery.NAMES, "index"}


@every_pitfall
def test_it_affects_some_start_method(name: str) -> None:
    places = facts.items(gallery.describe(name).fields["Affects"])
    methods = {*facts.START_METHODS} & {*places}
    assert methods or facts.EVERY_METHOD in places
    assert len(methods) < len(facts.START_METHODS)
    assert {*multiprocessing.get_all_start_methods()} <= {*facts.START_METHODS}


def test_what_people_ask_has_enough_words() -> None:
    for pitfall in gallery.all_pitfalls():
        for question in pitfall.questions:
            assert len(words_of(question)) >= 2, f"{pitfall.name}: {question}"
