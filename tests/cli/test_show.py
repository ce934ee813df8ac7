"""``show``: a recipe and its program, to be read and to be taken home."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands import DONE, FAILED, assert_one_line, cookbook, results_of
from driver import CODE, COOKBOOK, run
from ipc_cookbook import catalog
from ipc_cookbook.cli import main
from samples import PLAIN


@pytest.mark.parametrize("name", catalog.MODULES)
def test_a_recipe_is_shown_as_it_is(name: str, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    source = Path(catalog.path_of(name))
    assert source.name == f"{catalog.MODULES[name]}.py"
    for options, shown in ([], source), (["--program"], Path(catalog.program_path_of(name))):
        assert main.run(["show", name, *options]) == DONE
        assert capsysbinary.readouterr() == (shown.read_bytes(), b"")


@pytest.mark.parametrize("options", [(), ("--program",)], ids=["recipe", "program"])
def test_a_recipe_is_taken_home_without_a_byte_more(
    options: tuple[str, ...], tmp_path: Path
) -> None:
    find = catalog.program_path_of if options else catalog.path_of
    taken = tmp_path / "taken.py"
    with open(taken, "wb") as file:
        run(*COOKBOOK, "show", PLAIN, *options, stdout=file)
    assert taken.read_bytes() == Path(find(PLAIN)).read_bytes()


@pytest.mark.parametrize("options", [(), ("--program",)], ids=["recipe", "program"])
def test_where_it_is(options: tuple[str, ...]) -> None:
    done = cookbook("show", PLAIN, "--path", *options)
    assert done.stderr == ""
    assert done.stdout.count("\n") == 1
    path = Path(done.stdout.rstrip("\n"))
    assert path.is_absolute()
    assert path.read_text(encoding="utf-8") == cookbook("show", PLAIN, *options).stdout


@pytest.mark.parametrize("options", ["", "--program", "--path", "--path --program"])
def test_a_recipe_shown_as_json(options: str) -> None:
    done = cookbook("show", PLAIN, *options.split(), "--json")
    assert done.stderr == ""
    path = (catalog.program_path_of if "--program" in options else catalog.path_of)(PLAIN)
    text = Path(path).read_text(encoding="utf-8")
    assert results_of(done) == [{"name": PLAIN, "path": path, "text": text}]


UNREADABLE = """
import sys
from ipc_cookbook import catalog
from ipc_cookbook.cli import main
catalog.path_of = lambda name: "no-folder/recipe.py"
sys.exit(main.run())
"""


def test_a_file_that_cannot_be_read() -> None:
    done = run(*CODE, UNREADABLE, "show", PLAIN, status=FAILED)
    assert done.stdout == ""
    assert_one_line(done.stderr, "cannot read no-folder/recipe.py: No such file")
