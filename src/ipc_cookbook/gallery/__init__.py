"""The pitfalls: what their files say of themselves, where they fail, and what mends them."""

from __future__ import annotations

import difflib
import functools
import multiprocessing
import os
import platform
import re
from typing import NamedTuple

from ipc_cookbook import catalog, facts
from ipc_cookbook.errors import BadValue, PingPongError

NAMES = [name for chapter in catalog.PITFALLS.values() for name in chapter]
BROKEN, FIXED = "broken.py", "fixed.py"


class Pitfall(NamedTuple):
    """A program that fails, and the same one mended.

    ``symptom`` is the first line of the broken program's docstring, ``fields`` are its fields;
    ``broken`` and ``fixed`` are the texts of the two.
    """

    name: str
    symptom: str
    fields: dict[str, str]
    broken: str
    fixed: str

    @property
    def outcome(self) -> str:
        """``hangs``, ``raises NAME``, ``prints TEXT``, or ``leaves WHAT``."""
        return facts.head(self.fields["Outcome"])

    @property
    def outcome_mended(self) -> str:
        """What the mended program does: ``raises NAME``, ``prints TEXT``, or ``ends``."""
        found = re.search(facts.MENDED, self.fields["Outcome"])
        return found[0].removeprefix("mended, it ") if found else "ends"

    @property
    def messages(self) -> list[str]:
        """Error texts, where ``...`` stands for anything."""
        return facts.literals(self.fields.get("Message", ""))

    @property
    def questions(self) -> list[str]:
        """The words in which people ask about it."""
        return facts.items(self.fields["Asked as"]) if "Asked as" in self.fields else []

    @property
    def threads(self) -> list[str]:
        """Where people met it: ``owner/repository#number``."""
        return facts.items(self.fields["Known as"]) if "Known as" in self.fields else []

    @property
    def start_methods(self) -> list[str]:
        """Those under which it fails, of those that there are here; the platform's own first."""
        places = facts.items(self.fields["Affects"])
        here = multiprocessing.get_all_start_methods()
        return [method for method in here if facts.EVERY_METHOD in places or method in places]

    @property
    def shared_memory_mib(self) -> int | None:
        """How small ``/dev/shm`` has to be for it to fail, None if that does not matter."""
        found = re.search(facts.SMALL_MEMORY, self.fields["Affects"])
        return int(found[1]) if found else None

    def why_not_here(self, start_method: str | None = None) -> str | None:
        """Why it does not fail on this system, None if nothing is known to prevent it.

        :param start_method: None for any that there is.
        """
        places = facts.items(self.fields["Affects"])
        here = facts.what_it_is_here(places)
        if here is None and (
            not self.start_methods or start_method not in (None, *self.start_methods)
        ):
            here = start_method or platform.system()
        return here and f"{self.name} affects {', '.join(places)}, and this is {here}"

    def difference(self) -> str:
        """What mends it, as a patch of the broken program, whose docstring stays."""
        _, docstring, _ = split(self.broken)
        before, _, code = split(self.fixed)
        return difference(self.broken, f"{before}{docstring}{code}")

    def difference_of_code(self) -> str:
        """The same for readers, who do not see the docstring."""
        (_, _, broken), (_, _, fixed) = split(self.broken), split(self.fixed)
        return difference(broken.lstrip(), fixed.lstrip())


def difference(before: str, after: str) -> str:
    changed = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), BROKEN, FIXED
    )
    return "".join(changed)


def split(program: str) -> tuple[str, str, str]:
    """What stands before a program's docstring, the docstring, and what follows."""
    found = re.match(facts.DOCSTRING, program)
    at, end = (found.start(1), found.end()) if found else (0, 0)
    return program[:at], program[at:end], program[end:]


def path_of(name: str, file: str) -> str:
    """Where one of a pitfall's two programs is.

    :raises ValueError: none has this name.
    """
    if name not in NAMES:
        near = catalog.suggestion(name, NAMES)
        raise BadValue(f"no pitfall is called {name!r}; {near}")
    return os.path.join(os.path.dirname(catalog.__file__), "pitfalls", name, file)


def read(name: str, file: str) -> str:
    """:raises PingPongError: the program cannot be read."""
    path = path_of(name, file)
    try:
        return catalog.read(path)
    except OSError as error:
        raise PingPongError(f"cannot read {path}: {error.strerror or 'it is not there'}") from None


@functools.cache
def describe(name: str) -> Pitfall:
    """Read what a pitfall says of itself.

    :raises ValueError: none has this name.
    :raises PingPongError: its files cannot be read.
    :raises ipc_cookbook.facts.UnreadableFacts: they do not have the form of a pitfall.
    """
    path, broken, fixed = path_of(name, BROKEN), read(name, BROKEN), read(name, FIXED)
    symptom, fields = facts.read_docstring(path, broken)
    facts.check_pitfall(path, fields)
    return Pitfall(name, symptom, fields, broken, fixed)


def all_pitfalls() -> list[Pitfall]:
    """All of them, in the order of the book."""
    return [describe(name) for name in NAMES]
