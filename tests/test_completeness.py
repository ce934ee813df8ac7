"""Catalog, recipe files, pages, and tests name the same mechanisms, all of one shape."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import ipc_cookbook
from ipc_cookbook.catalog import MODULES, describe, load
from ipc_cookbook.hosts.remote import SIDES
from test_typing import RECIPES as TYPED_RECIPES

FOLDER = Path(ipc_cookbook.__file__).parent / "recipes"
PAGES = Path(__file__).parent.parent / "docs" / "recipes"
FIELDS = {"Shared", "Framing", "Waiting", "Dead peer", "Reach"}
PORTS = range(1, 2**16)


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
    return [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]


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


def test_the_typed_test_names_every_recipe() -> None:
    assert list(TYPED_RECIPES) == list(MODULES)


@pytest.mark.skipif(not PAGES.exists(), reason="there are no pages yet")
def test_every_recipe_has_a_page() -> None:
    assert {page.stem for page in PAGES.glob("*.rst")} - {"index"} == set(MODULES)


@pytest.fixture(params=list(MODULES))
def recipe(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def test_the_docstring_has_every_field(recipe: str) -> None:
    described = describe(recipe)
    assert described.mechanism
    assert FIELDS <= described.fields.keys() <= FIELDS | {"Needs"}
    assert all(text.strip() for text in described.fields.values())


def test_the_guarantees_are_in_the_standard_form(recipe: str) -> None:
    guarantees: object = vars(load(recipe))["GUARANTEES"]
    assert type(guarantees) is frozenset
    assert guarantees <= {"count", "order"}
    assert guarantees == describe(recipe).guarantees


def test_what_is_known_to_fail_is_known_by_name() -> None:
    lacking = {name: {"count", "order"} - describe(name).guarantees for name in MODULES}
    assert {name: missing for name, missing in lacking.items() if missing} == {
        "global": {"count", "order"},
        "one-queue": {"order"},
    }


def test_a_recipe_can_be_copied_alone(recipe: str) -> None:
    for module in imports_in(code_of(recipe)):
        assert not module.startswith((".", "ipc_cookbook"))
        package = module.partition(".")[0]
        needed = {"zmq"} if describe(recipe).needs else set()
        assert package in sys.stdlib_module_names | needed


def test_a_recipe_knows_no_game(recipe: str) -> None:
    code = code_of(recipe)
    assert not {name for name in names_in(code) if re.search("p[io]ng", name, re.IGNORECASE)}
    assert not {text for text in strings_in(code) if re.search("p[io]ng", text, re.IGNORECASE)}
    assert 50 not in constants_in(code)


def test_a_recipe_neither_prints_nor_polls(recipe: str) -> None:
    code = code_of(recipe)
    names = names_in(code) - ({"settimeout"} if recipe == "socket" else set())  # of a handshake
    assert names.isdisjoint({"print", "sleep", "settimeout", "poll", "is_alive"})
    for node in ast.walk(code):
        if isinstance(node, ast.While):
            assert not isinstance(node.test, ast.Constant), "an endless loop"
            assert not any(isinstance(inner, ast.Try) for inner in ast.walk(node)), "a retry"


def test_a_recipe_has_no_fixed_place(recipe: str) -> None:
    code = code_of(recipe)
    for text in strings_in(code):
        assert not re.search(r"/tmp|/dev|/var|:\d|^/\w", text)
    for node in ast.walk(code):
        if isinstance(node, ast.Tuple):  # an address is a host and a port
            assert not any(isinstance(value, int) and value in PORTS for value in literals(node))


def literals(node: ast.Tuple) -> list[object]:
    return [item.value for item in node.elts if isinstance(item, ast.Constant)]


def test_a_recipe_is_short(recipe: str) -> None:
    text = (FOLDER / f"{MODULES[recipe]}.py").read_text(encoding="utf-8")
    lines = text.splitlines()
    on_one_machine, mark, between_hosts = text.partition("# Between hosts:")
    assert 15 <= on_one_machine.count("\n") <= 80
    assert between_hosts.count("\n") <= 115
    assert bool(mark) == (recipe in SIDES)
    assert max(map(len, lines)) <= 100


def test_no_file_shadows_a_standard_module() -> None:
    assert recipe_files().isdisjoint(sys.stdlib_module_names)
