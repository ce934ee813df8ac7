"""What is true of one mechanism stands in its own file: nothing else knows a recipe by name.

And the code has one word for each thing, that of the glossary.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from ipc_cookbook import catalog

ROOT = Path(__file__).parent.parent
FOLDERS = ("src", "tests", "docs", "benchmarks", "examples", "record")
PROSE = (ROOT / "docs" / "programs", ROOT / "docs" / "_build")
CATALOG = ROOT / "src" / "ipc_cookbook" / "catalog.py"
KNOWN = {*catalog.MODULES, *catalog.MODULES.values()}

NO_RECIPE = "# no recipe"
"""At the end of a line where the same word means something else."""


def code_files() -> list[Path]:
    found = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
    return [path for path in found if not set(PROSE) & set(path.parents) and path != CATALOG]


def owned_by(path: Path) -> set[str]:
    """The names of the recipe that a file belongs to.

    A recipe has its own file and its program. There may be tests of its own, and a plain loop to
    measure it against.
    """
    stem = path.stem.removeprefix("test_").removesuffix("_program").replace("_", "-")
    return {
        each
        for name, module in catalog.MODULES.items()
        for each in (name, module)
        if stem in (name, module.replace("_", "-"))
    }


def names_in(source: str) -> Iterator[tuple[int, str]]:
    """Each string that is a recipe's name and nothing else, and each import of its module."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and node.value in KNOWN:
            yield node.lineno, str(node.value)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            module = getattr(node, "module", None) or ""
            imported = [f"{module}.{alias.name}".strip(".") for alias in node.names]
            for name in imported:
                if name.startswith("ipc_cookbook."):
                    yield from ((node.lineno, part) for part in name.split(".") if part in KNOWN)


def test_no_file_knows_a_recipe_but_its_own() -> None:
    found = []
    for path in code_files():
        source = path.read_text(encoding="utf-8")
        lines = source.splitlines()
        for number, name in names_in(source):
            if name not in owned_by(path) and not lines[number - 1].endswith(NO_RECIPE):
                found.append(f"{path.relative_to(ROOT)}:{number}: {name}")
    assert found == []


def test_a_name_is_found() -> None:
    name, module = next(iter(catalog.MODULES.items()))
    assert list(names_in(f"if recipe == {name!r}: pass")) == [(1, name)]
    assert list(names_in(f"from ipc_cookbook.recipes import {module}")) == [(1, module)]
    assert list(names_in(f"import ipc_cookbook.recipes.{module}")) == [(1, module)]
    assert list(names_in(f"'over {name} it is'; from queue import Empty")) == []


OTHER_WORDS = {
    "role": "player, or part for what it does",
    "roles": "players, or parts for what they do",
    "exchange": "round trip",
    "exchanges": "round trips",
}
"""What the glossary has another word for."""


def words_of(tree: ast.AST) -> Iterator[str]:
    """All words in the names that a file gives."""
    for node in ast.walk(tree):
        name = (
            getattr(node, "name", None) or getattr(node, "arg", None) or getattr(node, "id", None)
        )
        if isinstance(name, str):
            yield from (name, *name.lower().split("_"))


def test_the_code_has_the_words_of_the_glossary() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {word}, which is {OTHER_WORDS[word]}"
        for path in sorted((ROOT / "src").rglob("*.py"))
        for word in OTHER_WORDS.keys() & set(words_of(ast.parse(path.read_text(encoding="utf-8"))))
    ]
    assert found == []
    assert {"role", "exchange"} <= set(words_of(ast.parse("def f(role): exchange_ns = 1")))


def test_the_glossary_has_the_words_of_the_code() -> None:
    glossary = (ROOT / "docs" / "glossary.rst").read_text(encoding="utf-8")
    terms = set(re.findall(r"^   (\S[^\n]*)$", glossary, flags=re.MULTILINE))
    code = " ".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py"))
    of_the_code = {"crew", "end", "endpoint", "helper", "launch", "mechanism", "part", "payload"}
    of_the_code |= {"player", "promise", "recipe", "round trip", "side", "stream", "supervisor"}
    of_the_code |= {"token", "transport"}
    assert of_the_code <= terms
    assert all(re.search(rf"\b{term}", code) for term in of_the_code)
