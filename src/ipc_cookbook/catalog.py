"""The recipes by name. A recipe is imported only when it is asked for."""

import importlib
import os
import re
from collections.abc import Iterable
from types import ModuleType
from typing import NamedTuple

from ipc_cookbook import facts
from ipc_cookbook.crew.signal_mask import interrupts_blocked
from ipc_cookbook.errors import TransportUnavailable, UnknownTransport
from ipc_cookbook.transport import Transport

CHAPTERS = {
    "The failure to begin with": {
        "global": "global_variable",
    },
    "Messages between related processes": {
        "queue": "mp_queue",
        "one-queue": "one_queue",
        "pipe": "pipe",
    },
    "Shared memory": {
        "value": "shared_value",
    },
    "A process in between": {
        "manager": "manager",
    },
    "Between programs and hosts": {
        "socket": "tcp_socket",
        "tls": "tls_socket",
        "zeromq": "zeromq",
    },
}
"""The chapters of the book: the name of every recipe, and its module in
:mod:`ipc_cookbook.recipes`."""

MODULES = {name: module for chapter in CHAPTERS.values() for name, module in chapter.items()}


class Recipe(NamedTuple):
    """What a recipe's file says of itself.

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
        """How far it can reach, one of :data:`ipc_cookbook.facts.REACHES`."""
        return facts.head(self.fields["Reach"])

    @property
    def carries(self) -> str:
        """What goes across, one of :data:`ipc_cookbook.facts.CARRIES`."""
        return facts.head(self.fields["Carries"])

    @property
    def has_stream(self) -> bool:
        """Whether messages can follow each other before the first one is taken."""
        return facts.head(self.fields["Room"]) != facts.ONE_MESSAGE

    @property
    def needs(self) -> list[str]:
        """The packages to install, as pip names them; none if the standard library is enough."""
        return facts.items(self.fields["Needs"]) if "Needs" in self.fields else []

    @property
    def why_not_here(self) -> str | None:
        """Why this system or this Python cannot run it, None if nothing is known to forbid it."""
        if "Runs on" not in self.fields:
            return None
        import platform
        import sys

        places = facts.items(self.fields["Runs on"])
        systems = [facts.SYSTEMS[place] for place in places if place in facts.SYSTEMS]
        if systems and platform.system() not in systems:
            return f"{self.name} runs on {', '.join(places)}, and this is {platform.system()}"
        versions = [match for place in places if (match := re.fullmatch(facts.PYTHON, place))]
        if any(sys.version_info < (int(match[1]), int(match[2])) for match in versions):
            return f"{self.name} runs on {', '.join(places)}, and this is {sys.version.split()[0]}"
        return None


def names() -> list[str]:
    return list(MODULES)


def load(name: str) -> Transport:
    """Import a recipe.

    :raises UnknownTransport: no recipe has this name.
    :raises TransportUnavailable: a package that it needs is not installed, or it does not run
        on this system.
    """
    check_name(name)
    if reason := why_not_here(name):
        raise TransportUnavailable(reason)
    try:
        with interrupts_blocked():
            module: Transport = importlib.import_module(f"ipc_cookbook.recipes.{MODULES[name]}")
    except ImportError as error:
        raise TransportUnavailable(why_unavailable(describe(name), error)) from error
    return module


def why_not_here(name: str) -> str | None:
    """What its file says that forbids it here; it need not be understood by this Python."""
    try:
        source = read_source(name)
    except facts.UnreadableFacts:  # its import will tell
        return None
    return describe(name).why_not_here if "\n:Runs on:" in source else None


def why_unavailable(recipe: Recipe, error: ImportError) -> str:
    """Why its import failed, and what to do about it."""
    if isinstance(error, ModuleNotFoundError) and recipe.needs:
        packages = " ".join(recipe.needs)
        return f"{recipe.name} needs {packages}: pip install {packages}"
    return f"{recipe.name} cannot be imported here: {error}"


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


def path_of(name: str) -> str:
    """The recipe's file.

    :raises UnknownTransport: no recipe has this name.
    """
    check_name(name)
    return os.path.join(os.path.dirname(__file__), "recipes", f"{MODULES[name]}.py")


def program_path_of(name: str) -> str:
    """The file of the program that uses the recipe without the cookbook.

    An installed package has these programs in its own folder, a copy of the repository in
    ``examples/own``.

    :raises UnknownTransport: no recipe has this name.
    """
    check_name(name)
    file = f"{name.replace('-', '_')}_program.py"
    package = os.path.dirname(__file__)
    installed = os.path.join(package, "own", file)
    return (
        installed
        if os.path.exists(installed)
        else os.path.normpath(os.path.join(package, "..", "..", "examples", "own", file))
    )


def read_source(name: str) -> str:
    """The text of the recipe's file.

    :raises ipc_cookbook.facts.UnreadableFacts: it cannot be read.
    """
    path = path_of(name)
    try:
        with open(path, encoding="utf-8") as file:
            return file.read().removeprefix("\ufeff")
    except OSError as error:
        raise facts.UnreadableFacts(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise facts.UnreadableFacts(f"{path}: it is not UTF-8: {error.reason}") from None


def describe(name: str) -> Recipe:
    """Read what a recipe says of itself, without importing it.

    :raises UnknownTransport: no recipe has this name.
    :raises ipc_cookbook.facts.UnreadableFacts: its file does not have the form of a recipe.
    """
    path, source = path_of(name), read_source(name)
    mechanism, fields = facts.read_docstring(path, source)
    facts.check_recipe(path, fields)
    return Recipe(name, path, mechanism, facts.read_guarantees(path, source), fields)
