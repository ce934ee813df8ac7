"""The recipes by name. A recipe is imported only when it is asked for."""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Iterable
from types import ModuleType
from typing import NamedTuple

from ipc_cookbook.blocking import interrupts_blocked
from ipc_cookbook.transport import Transport, TransportUnavailable, UnknownTransport

MODULES = {
    "global": "global_variable",
    "queue": "mp_queue",
    "one-queue": "one_queue",
    "pipe": "pipe",
    "value": "shared_value",
    "manager": "manager",
    "socket": "tcp_socket",
    "zeromq": "zeromq",
}
"""The name of every recipe, and its module in :mod:`ipc_cookbook.recipes`."""


class Recipe(NamedTuple):
    """What a recipe's module says of itself.

    ``guarantees`` holds ``"count"`` if as many words are said as were asked for, and
    ``"order"`` if they come strictly in turn. ``fields`` are those of the docstring.
    """

    name: str
    path: str
    mechanism: str
    guarantees: frozenset[str]
    fields: dict[str, str]

    @property
    def reach(self) -> str:
        """How far it can reach: nothing, processes of one machine, or hosts."""
        return re.split("[;.]", self.fields["Reach"])[0]

    @property
    def needs(self) -> str | None:
        """The package to install, None if the standard library is enough."""
        return self.fields.get("Needs")


def names() -> list[str]:
    return list(MODULES)


def load(name: str) -> Transport:
    """Import a recipe.

    :raises UnknownTransport: no recipe has this name.
    :raises TransportUnavailable: a package that it needs is not installed.
    """
    check_name(name)
    try:
        with interrupts_blocked():
            module: Transport = importlib.import_module(f"ipc_cookbook.recipes.{MODULES[name]}")
    except ImportError as error:
        package = describe(name).needs or error.name
        raise TransportUnavailable(f"{name} needs {package}: pip install {package}") from error
    return module


def check_name(name: str) -> None:
    if name not in MODULES:
        raise UnknownTransport(f"no recipe is called {name!r}; {suggestion(name, MODULES)}")


def suggestion(name: str, known: Iterable[str]) -> str:
    """The names that were probably meant, or else all there are."""
    import difflib

    near = difflib.get_close_matches(name, known)
    return f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(known)}"


def guarantees(name: str) -> frozenset[str]:
    """What an installed recipe promises: ``"count"``, ``"order"``, both, or neither."""
    promised: frozenset[str] = load(name).GUARANTEES  # type: ignore[attr-defined]
    return promised


def name_of(module: ModuleType) -> str:
    """The name of a recipe's module; of any other module, its own."""
    package, _, stem = module.__name__.rpartition(".")
    if package == "ipc_cookbook.recipes":
        return next((name for name, known in MODULES.items() if known == stem), stem)
    return module.__name__


def describe(name: str) -> Recipe:
    """Read what a recipe says of itself, without importing it."""
    import ast

    check_name(name)
    path = os.path.join(os.path.dirname(__file__), "recipes", f"{MODULES[name]}.py")
    with open(path, encoding="utf-8") as file:
        source = file.read()
    docstring = ast.get_docstring(ast.parse(source)) or ""
    fields = dict(re.findall(r"^:(.+?): (.+)$", docstring, flags=re.MULTILINE))
    mechanism = docstring.partition("\n")[0].replace("`", "").rstrip(".")
    promised = re.search(r"^GUARANTEES\b.*=(.*)$", source, flags=re.MULTILINE)
    assert promised is not None
    guarantees = frozenset(re.findall(r'"(\w+)"', promised[1]))
    return Recipe(name, path, mechanism, guarantees, fields)
