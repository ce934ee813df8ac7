"""Catalog, recipe files, pages, programs, and extras name the same mechanisms, all of one shape."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest

import ipc_cookbook
from ipc_cookbook.catalog import MODULES, describe, program_path_of
from ipc_cookbook.cli.extras import packages_of
from ipc_cookbook.facts import head
from samples import RECIPES

ROOT = Path(__file__).parent.parent
FOLDER = Path(ipc_cookbook.__file__).parent / "recipes"
PAGES = ROOT / "docs" / "recipes"
PROGRAMS = ROOT / "examples" / "own"
PORTS = range(1, 2**16)
SYSTEMS = {"Linux", "macOS", "Windows"}
FEWEST_LINES, MOST_LINES, MOST_LINES_WITH_SERVER = 15, 66, 150
MOST_LINES_OF_A_PROGRAM = 29


def recipe_files() -> set[str]:
    return {path.stem for path in FOLDER.glob("*.py")} - {"__init__"}


def code_of(recipe: str) -> ast.Module:
    """What the recipe does, without its docstrings."""
    tree = ast.parse((FOLDER / f"{MODULES[recipe]}.py").read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(
            node
        ):
            del node.body[0]
    return tree


def names_in(tree: ast.AST) -> set[str]:
    """All names, attributes, arguments, and definitions."""
    parts = ("id", "attr", "arg", "name", "asname")
    return {
        name
        for node in ast.walk(tree)
        for part in parts
        if isinstance(name := getattr(node, part, None), str)
    }


def constants_in(tree: ast.AST) -> list[object]:
    """Without what follows a variable in an f-string: that begins no path."""
    inner = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for part in node.values[1:]
    }
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and id(node) not in inner
    ]


def strings_in(tree: ast.AST) -> list[str]:
    return [
        value.decode(errors="replace") if isinstance(value, bytes) else value
        for value in constants_in(tree)
        if isinstance(value, str | bytes)
    ]


def imports_in(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")


def test_the_catalog_names_every_file() -> None:
    assert set(MODULES.values()) == recipe_files()
    assert len(set(MODULES.values())) == len(MODULES)


def test_every_recipe_has_a_page() -> None:
    assert {page.stem for page in PAGES.glob("*.rst")} - {"index"} == set(MODULES)


@pytest.mark.parametrize("name", MODULES)
def test_a_page_says_what_is_so_on_windows_and_on_macos(name: str) -> None:
    """And whether the recipe runs there, as its file does."""
    text = (PAGES / f"{name}.rst").read_text(encoding="utf-8")
    section = text.partition("\nOn Windows and macOS\n---")[2].partition("\nSpeed\n---")[0]
    said = re.findall(r"^\* \*\*(\w+)\.\*\* It (runs|does not run)\b", section, re.MULTILINE)
    runs_on = SYSTEMS & set(head(describe(name).fields.get("Runs on", "")).split(", ")) or SYSTEMS
    assert said == [
        (system, "runs" if system in runs_on else "does not run") for system in ("Windows", "macOS")
    ]


def test_every_recipe_has_a_program() -> None:
    installed = [Path(program_path_of(name)) for name in MODULES]
    assert {path.name for path in PROGRAMS.glob("*.py")} == {path.name for path in installed}
    for path in installed:
        assert path.read_bytes() == (PROGRAMS / path.name).read_bytes()


def project() -> dict[str, Any]:
    with open(ROOT / "pyproject.toml", "rb") as file:
        found: dict[str, Any] = tomllib.load(file)["project"]
    return found


def package_of(requirement: str) -> str:
    return re.split(r"[^\w.-]", requirement)[0]


def test_what_a_recipe_needs_is_installed_by_its_extra() -> None:
    """Or with the package itself; and the extra ``all`` installs it, too."""
    described = project()
    core, extras = described["dependencies"], described["optional-dependencies"]
    (everything,) = extras["all"]
    in_all = re.findall(r"[\w-]+", everything.partition("[")[2])
    for recipe in RECIPES:
        needs = {*recipe.to_install} - {package_of(each) for each in core}
        assert {package_of(each) for each in extras.get(recipe.name, [])} == needs
        assert not needs or recipe.name in in_all


def test_the_extra_of_everything_has_all_but_those_for_developers() -> None:
    extras = project()["optional-dependencies"]
    names = list(extras)
    (everything,) = extras["all"]
    assert sorted(re.findall(r"[\w-]+", everything.partition("[")[2])) == sorted(
        names[: names.index("all")]
    )


def test_what_an_extra_installs_is_read_from_the_metadata() -> None:
    """Also what it installs by way of another one."""
    extras = project()["optional-dependencies"]

    def packages(extra: str) -> set[str]:
        inner = [re.findall(r"(?<=[\[,])[\w-]+", each) for each in extras[extra]]
        own = {package_of(each) for each in extras[extra] if "[" not in each}
        return own.union(*(packages(name) for names in inner for name in names))

    assert packages("all") > packages("plot") > packages("bench") > set()
    for extra in "all", "plot", "bench":
        assert set(packages_of(extra)) == packages(extra)


every_recipe = pytest.mark.parametrize("recipe", MODULES)
"""Those that cannot run here as well."""


def test_what_is_known_to_fail_is_taught_first() -> None:
    """Of the others, each does what one wants, but for the one that shows what order is."""
    promised = [recipe.guarantees for recipe in RECIPES]
    assert promised[0] == set()
    assert promised[1:].count(frozenset({"count"})) == 1
    assert promised[1:].count(frozenset({"count", "order"})) == len(promised) - 2


def test_a_recipe_can_be_copied_alone(transport: str) -> None:
    installed = packages_distributions()
    for module in imports_in(code_of(transport)):
        package = module.partition(".")[0]
        brought_by = {name.lower() for name in installed.get(package, [])}
        assert package in sys.stdlib_module_names or brought_by & {*describe(transport).to_install}


@every_recipe
def test_a_recipe_knows_no_game(recipe: str) -> None:
    code = code_of(recipe)
    assert not {name for name in names_in(code) if re.search("p[io]ng", name, re.IGNORECASE)}
    assert not {text for text in strings_in(code) if re.search("p[io]ng", text, re.IGNORECASE)}
    assert 50 not in constants_in(code)


@every_recipe
def test_a_recipe_neither_prints_nor_polls(recipe: str) -> None:
    """Unless it says so: it has nothing to wait with."""
    code = code_of(recipe)
    polls = head(describe(recipe).fields["Waiting"]) == "polls"
    looks = {"poll", "is_alive"} if "select" not in imports_in(code) else {"is_alive"}
    assert names_in(code).isdisjoint({"print", "settimeout", *looks})  # select.poll waits
    assert ("sleep" in names_in(code)) == polls
    for node in ast.walk(code):
        if isinstance(node, ast.While):
            assert not isinstance(node.test, ast.Constant), "an endless loop"
            assert not any(isinstance(inner, ast.Try) for inner in ast.walk(node)), "a retry"


@every_recipe
def test_a_recipe_has_no_fixed_place(recipe: str) -> None:
    code = code_of(recipe)
    for text in strings_in(code):
        assert not re.search(r"/tmp|/dev/(?!std)|/var|:\d|^/(?!dev/std|proc/self)\w", text)
    for node in ast.walk(code):
        if isinstance(node, ast.Tuple):  # an address is a host and a port
            assert not any(isinstance(value, int) and value in PORTS for value in literals(node))


def literals(node: ast.Tuple) -> list[object]:
    return [item.value for item in node.elts if isinstance(item, ast.Constant)]


@every_recipe
def test_a_recipe_is_short(recipe: str) -> None:
    lines = (FOLDER / f"{MODULES[recipe]}.py").read_text(encoding="utf-8").splitlines()
    most = MOST_LINES_WITH_SERVER if "Server" in describe(recipe).fields else MOST_LINES
    assert FEWEST_LINES <= len(lines) <= most
    assert max(map(len, lines)) <= 88


@every_recipe
def test_its_program_is_short(recipe: str) -> None:
    lines = Path(program_path_of(recipe)).read_text(encoding="utf-8").splitlines()
    assert len(lines) <= MOST_LINES_OF_A_PROGRAM
    assert max(map(len, lines)) <= 88


def test_no_file_shadows_a_standard_module() -> None:
    assert recipe_files().isdisjoint(sys.stdlib_module_names)
