"""What a file says of itself, read without importing it.

A docstring's first line, and a reStructuredText field list in it; a field goes on in the
lines that are indented below it. Of some fields a program reads the *head*: what comes
before the first semicolon, or the whole field.
"""

from __future__ import annotations

import operator
import os
import re
import sys
from collections.abc import Sequence
from types import CodeType

from ipc_cookbook.errors import BadValue

GUARANTEES = ("count", "order")
REACHES = ("nothing", "related processes", "one machine", "hosts")
CARRIES = ("nothing", "bytes", "pickles")
SYSTEMS = {"Linux": "Linux", "macOS": "Darwin", "Windows": "Windows"}
"""The systems that ``:Runs on:`` may name, and what :func:`platform.system` calls them."""

PROCESSORS = {"x86-64": ("x86_64", "amd64"), "ARM": ("aarch64", "arm64")}
"""The processors that it may name, and what :func:`platform.machine` calls them, in lower case."""

PROSE = ("Shared", "Framing", "Waiting", "Dead peer")
REQUIRED = (*PROSE, "Reach", "Carries", "Room")
OPTIONAL = ("Needs", "Runs on", "Server")

ONE_MESSAGE = "one message"
PYTHON = r"Python (\d+)\.(\d+)"

PITFALL_REQUIRED = ("Cause", "Fix", "Affects", "Outcome")
PITFALL_OPTIONAL = ("Message", "Asked as", "Known as")
START_METHODS = ("fork", "forkserver", "spawn")
EVERY_METHOD = "every start method"
PYTHON_BEFORE = r"Python before (\d+)\.(\d+)"
SMALL_MEMORY = r"/dev/shm of (\d+) MiB"
OUTCOME = r"hangs|(raises|prints|leaves) (\S.*)"
MENDED = r"mended, it (raises|prints) (\S.*)"
THREAD = r"[\w.-]+/[\w.-]+#\d+"
DOCSTRING = r"""(?s)(?:\s*#[^\n]*\n|\s*\n)*[rR]?("{3}|'{3})(.*?)\1"""
GUARANTEES_LINE = r"(?m)^GUARANTEES\b[^=\n]*= frozenset\(\s*(?:\{([^})]*)\}\s*)?\)"
PACKAGE = r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?"
SERVER = rf"(?P<programs>\S.*) from (?P<package>{PACKAGE})"


class UnreadableFacts(BadValue):
    """A file's facts are not in the form that they should have. Names the file and the field."""


def head(text: str) -> str:
    """What programs read of a field."""
    return text.partition(";")[0].strip().removesuffix(".")


def items(text: str) -> list[str]:
    """The head of a field that holds several things."""
    return [item.strip() for item in head(text).split(",")]


def what_it_is_here(places: list[str]) -> str | None:
    """What is here, if it is none of the systems, processors and versions that are named.

    None if it is one of them, or none is named.
    """
    import platform

    systems = [SYSTEMS[place] for place in places if place in SYSTEMS]
    if systems and platform.system() not in systems:
        return platform.system()
    processors = [name for place in places for name in PROCESSORS.get(place, ())]
    if processors and platform.machine().lower() not in processors:
        return platform.machine()
    for form, is_allowed in (PYTHON, operator.ge), (PYTHON_BEFORE, operator.lt):
        for place in places:
            match = re.fullmatch(form, place)
            if match and not is_allowed(sys.version_info, (int(match[1]), int(match[2]))):
                return sys.version.split()[0]
    return None


def read_docstring(path: str, source: str) -> tuple[str, dict[str, str]]:
    """The docstring's first line, without full stop and markup, and its fields, unwrapped.

    The file may be for a newer Python than this one, so it is read as text.

    :param path: of the file, for the errors.
    :param source: its text.
    :raises UnreadableFacts: there is no first line, or a field cannot be understood.
    """
    file = os.path.basename(path)
    docstring = re.match(DOCSTRING, source)
    first, *lines = (docstring[2] if docstring else "").strip().splitlines() or [""]
    mechanism = first.replace("`", "").removesuffix(".").strip()
    if not first.endswith(".") or not mechanism or first.startswith(":"):
        raise UnreadableFacts(
            f"{file}: it must begin with a docstring in triple quotes, and that with a line that "
            "names the mechanism and ends with a full stop"
        )
    fields: dict[str, str] = {}
    name, is_after_blank = None, False
    for line in lines:
        if line.startswith(":"):
            match = re.fullmatch(r":([^:]+):(\s.*)?", line)
            if match is None:
                raise UnreadableFacts(f"{file}: a field must look like ':Name: text', not {line!r}")
            name = match[1]
            if name in fields:
                raise UnreadableFacts(f"{file}: :{name}: is there twice")
            fields[name] = (match[2] or "").strip()
        elif line[:1].isspace() and line.strip() and name is not None:
            fields[name] = f"{fields[name]} {line.strip()}".strip()
        elif line.strip():
            if name is not None and not is_after_blank:
                raise UnreadableFacts(
                    f"{file}: :{name}: goes on in {line!r}, which is not indented"
                )
            name = None
        is_after_blank = not line.strip()
    for name, text in fields.items():
        if not text:
            raise UnreadableFacts(f"{file}: :{name}: is empty")
    return mechanism, fields


def read_guarantees(path: str, source: str) -> frozenset[str]:
    """What ``GUARANTEES = frozenset({...})`` says.

    :raises UnreadableFacts: there is none of that form.
    """
    found = re.findall(GUARANTEES_LINE, source)
    said = re.findall(r"[\w-]+", found[-1]) if found else ["?"]
    if not set(said) <= set(GUARANTEES):
        raise UnreadableFacts(
            f"{os.path.basename(path)}: GUARANTEES must be frozenset() or a frozenset of "
            "'count' and 'order', written out"
        )
    return frozenset(said)


def decompiled(code: CodeType) -> str:
    """What a compiled file has left of its facts, as a source that says the same.

    The docstring is the first constant; the words of ``GUARANTEES`` are the strings that are
    loaded last before it is stored.
    """
    import dis

    words: list[str] = []
    for instruction in dis.get_instructions(code):
        if instruction.opname == "STORE_NAME":
            if instruction.argval == "GUARANTEES":
                said = str(words)[1:-1]
                return f"'''{code.co_consts[0]}'''\nGUARANTEES = frozenset({{{said}}})\n"
            words = []
        elif instruction.opname == "LOAD_CONST" and isinstance(instruction.argval, str):
            words.append(instruction.argval)
    return ""


def check_names(
    file: str, kind: str, fields: dict[str, str], required: Sequence[str], optional: Sequence[str]
) -> None:
    """See that all fields are there, and no others.

    :raises UnreadableFacts: they are not.
    """
    for name in fields:
        if name not in (*required, *optional):
            known = ", ".join((*required, *optional))
            raise UnreadableFacts(f"{file}: :{name}: is no field of a {kind}; there are {known}")
    for name in required:
        if name not in fields:
            raise UnreadableFacts(f"{file}: :{name}: is missing")


def check_recipe(path: str, fields: dict[str, str]) -> None:
    """See that a recipe has all fields, no others, and in each what a program understands.

    :raises UnreadableFacts: it has not.
    """
    file = os.path.basename(path)
    check_names(file, "recipe", fields, REQUIRED, OPTIONAL)
    for name, allowed in ("Reach", REACHES), ("Carries", CARRIES):
        if head(fields[name]) not in allowed:
            raise UnreadableFacts(
                f"{file}: :{name}: must begin with {', '.join(allowed[:-1])} or {allowed[-1]}, "
                f"and go on after a semicolon, not {head(fields[name])!r}"
            )
    room = head(fields["Room"])
    if room != ONE_MESSAGE and re.match(r"(one|1|a|a single) mes\w*$", room, flags=re.IGNORECASE):
        raise UnreadableFacts(f"{file}: :Room: must begin with '{ONE_MESSAGE}', not {room!r}")
    for package in items(fields.get("Needs", "none")):
        if not re.fullmatch(PACKAGE, package):
            raise UnreadableFacts(
                f"{file}: :Needs: must begin with packages as pip names them, not {package!r}"
            )
    if "Server" in fields and not re.fullmatch(SERVER, head(fields["Server"])):
        raise UnreadableFacts(
            f"{file}: :Server: must begin with programs and the package that brings one, as in "
            f"'program from package', not {head(fields['Server'])!r}"
        )
    for place in items(fields.get("Runs on", "Linux")):
        if place not in {**SYSTEMS, **PROCESSORS} and not re.fullmatch(PYTHON, place):
            raise UnreadableFacts(
                f"{file}: :Runs on: must begin with {', '.join([*SYSTEMS, *PROCESSORS])} or "
                f"'Python 3.N', not {place!r}"
            )


def check_pitfall(path: str, fields: dict[str, str]) -> None:
    """See that a pitfall has all fields, no others, and in each what a program understands.

    :param path: of its broken program.
    :raises UnreadableFacts: it has not.
    """
    file = os.path.join(os.path.basename(os.path.dirname(path)), os.path.basename(path))
    check_names(file, "pitfall", fields, PITFALL_REQUIRED, PITFALL_OPTIONAL)
    places = items(fields["Affects"])
    for place in places:
        forms = PYTHON, PYTHON_BEFORE, SMALL_MEMORY
        is_place = place in (*START_METHODS, EVERY_METHOD, *SYSTEMS)
        if not is_place and not any(re.fullmatch(form, place) for form in forms):
            raise UnreadableFacts(
                f"{file}: :Affects: must begin with start methods, systems, 'Python 3.N', "
                f"'Python before 3.N' or '/dev/shm of N MiB', not {place!r}"
            )
    if not {*START_METHODS, EVERY_METHOD} & {*places}:
        raise UnreadableFacts(f"{file}: :Affects: names no start method, nor '{EVERY_METHOD}'")
    broken, _, mended = map(str.strip, fields["Outcome"].partition(";"))
    if not re.fullmatch(OUTCOME, broken) or (mended and not re.fullmatch(MENDED, mended)):
        raise UnreadableFacts(
            f"{file}: :Outcome: must be 'hangs', 'raises NAME', 'prints TEXT' or 'leaves WHAT', "
            "and may go on with '; mended, it raises NAME' or '; mended, it prints TEXT', "
            f"not {fields['Outcome']!r}"
        )
    if "Message" in fields and not literals(fields["Message"]):
        raise UnreadableFacts(f"{file}: :Message: has no ``text`` in double backquotes")
    for thread in items(fields.get("Known as", "a/b#1")):
        if not re.fullmatch(THREAD, thread):
            raise UnreadableFacts(
                f"{file}: :Known as: must be threads such as python/cpython#1, not {thread!r}"
            )


def literals(text: str) -> list[str]:
    """What stands in a text in double backquotes."""
    return re.findall(r"``(.+?)``", text)
