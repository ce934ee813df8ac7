"""What a file says of itself, read without importing it.

A docstring's first line, and a reStructuredText field list in it; a field goes on in the
lines that are indented below it. Of some fields a program reads the *head*: what comes
before the first semicolon, or the whole field.
"""

from __future__ import annotations

import os
import re

GUARANTEES = ("count", "order")
REACHES = ("nothing", "related processes", "one machine", "hosts")
CARRIES = ("nothing", "bytes", "pickles")
SYSTEMS = {"Linux": "Linux", "macOS": "Darwin", "Windows": "Windows"}
"""The systems that ``:Runs on:`` may name, and what :func:`platform.system` calls them."""

PROSE = ("Shared", "Framing", "Waiting", "Dead peer")
REQUIRED = (*PROSE, "Reach", "Carries", "Room")
OPTIONAL = ("Needs", "Runs on", "Server")

ONE_MESSAGE = "one message"
PYTHON = re.compile(r"Python (\d+)\.(\d+)")
PACKAGE = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")


class UnreadableFacts(ValueError):
    """A file's facts are not in the form that they should have. Names the file and the field."""


def head(text: str) -> str:
    """What programs read of a field."""
    return text.partition(";")[0].strip().removesuffix(".")


def items(text: str) -> list[str]:
    """The head of a field that holds several things."""
    return [item.strip() for item in head(text).split(",")]


def read_docstring(path: str, source: str) -> tuple[str, dict[str, str]]:
    """The docstring's first line, without full stop and markup, and its fields, unwrapped.

    :param path: of the file, for the errors.
    :param source: its text.
    :raises UnreadableFacts: there is no first line, or a field cannot be understood.
    """
    file = os.path.basename(path)
    docstring = re.match(r'r?"""(.*?)"""', source, flags=re.DOTALL)
    first, *rest = docstring[1].strip().splitlines() if docstring else [""]
    if not first or first.startswith(":"):
        raise UnreadableFacts(f"{file}: the first line must be a docstring's, and say what it is")
    fields: dict[str, str] = {}
    name = None
    for line in rest:
        if line.startswith(":"):
            match = re.fullmatch(r":([^:]+):( .*)?", line.rstrip())
            if match is None:
                raise UnreadableFacts(f"{file}: a field must look like ':Name: text', not {line!r}")
            name = match[1]
            if name in fields:
                raise UnreadableFacts(f"{file}: :{name}: is there twice")
            fields[name] = (match[2] or "").strip()
        elif name is not None and line[:1].isspace():
            fields[name] = f"{fields[name]} {line.strip()}".strip()
        else:
            name = None
    for name, text in fields.items():
        if not text:
            raise UnreadableFacts(f"{file}: :{name}: is empty")
    return first.replace("`", "").rstrip("."), fields


def read_guarantees(path: str, source: str) -> frozenset[str]:
    """What the line ``GUARANTEES = frozenset({...})`` says.

    :raises UnreadableFacts: there is none of that form.
    """
    line = r"^GUARANTEES(?:: .*)? = frozenset\((?:\{(.+)\})?\)$"
    found = re.search(line, source, flags=re.MULTILINE)
    said = [text.strip(" \"'") for text in (found[1] or "").split(",")] if found else ["?"]
    if not set(filter(None, said)) <= set(GUARANTEES):
        raise UnreadableFacts(
            f"{os.path.basename(path)}: GUARANTEES must be frozenset() or a frozenset of "
            "'count' and 'order', in one line"
        )
    return frozenset(filter(None, said))


def check_recipe(path: str, fields: dict[str, str]) -> None:
    """See that a recipe has all fields, no others, and in each what a program understands.

    :raises UnreadableFacts: it has not.
    """
    file = os.path.basename(path)
    for name in REQUIRED:
        if name not in fields:
            raise UnreadableFacts(f"{file}: :{name}: is missing")
    for name in fields:
        if name not in (*REQUIRED, *OPTIONAL):
            known = ", ".join((*REQUIRED, *OPTIONAL))
            raise UnreadableFacts(f"{file}: :{name}: is no field of a recipe; there are {known}")
    for name, allowed in ("Reach", REACHES), ("Carries", CARRIES):
        if head(fields[name]) not in allowed:
            raise UnreadableFacts(
                f"{file}: :{name}: must begin with {', '.join(allowed[:-1])} or {allowed[-1]}, "
                f"and go on after a semicolon, not {head(fields[name])!r}"
            )
    for package in items(fields.get("Needs", "none")):
        if not PACKAGE.fullmatch(package):
            raise UnreadableFacts(
                f"{file}: :Needs: must begin with packages as pip names them, not {package!r}"
            )
    for place in items(fields.get("Runs on", "Linux")):
        if place not in SYSTEMS and not PYTHON.fullmatch(place):
            raise UnreadableFacts(
                f"{file}: :Runs on: must begin with {', '.join(SYSTEMS)} or 'Python 3.N', "
                f"not {place!r}"
            )
