"""What a recipe says of itself: read without importing it, or an error that says what is wrong."""

from __future__ import annotations

import multiprocessing
import platform
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import ipc_cookbook.catalog as catalog_module
from ipc_cookbook import PlayerDied, TransportUnavailable, facts
from ipc_cookbook.catalog import Recipe, describe, load
from ipc_cookbook.crew.player import Desk, Part
from ipc_cookbook.crew.supervisor import supervise
from ipc_cookbook.facts import UnreadableFacts
from ipc_cookbook.transport import Endpoint
from samples import IN_TURN, PLAIN, skip_unless_here

GOOD = '''"""Lines of text over ``sockets``.

More about it, over
two lines.

:Shared: two sockets; each
   process has one, and that
   is all.
:Framing: a line.
:Waiting: ``readline`` blocks.
:Dead peer: ``EOFError``: at once.
:Reach: one machine; whoever
   knows the path.
:Carries: bytes.
:Room: one message; the next
   one waits.
:Needs: first-package, other; both of them new.
:Runs on: Linux, macOS
:Server: lined from lines; or that of the system.
"""

GUARANTEES = frozenset({"order", 'count'})
'''


def read(text: str) -> Recipe:
    """Read a recipe of this text."""
    path = "/where/ever/lines.py"
    mechanism, fields = facts.read_docstring(path, text)
    facts.check_recipe(path, fields)
    return Recipe("lines", path, mechanism, facts.read_guarantees(path, text), fields)


def test_all_of_it_is_read() -> None:
    recipe = read(GOOD)
    assert recipe.mechanism == "Lines of text over sockets"
    assert recipe.fields["Shared"] == "two sockets; each process has one, and that is all."
    assert recipe.fields["Dead peer"] == "``EOFError``: at once."
    assert (recipe.reach, recipe.carries, recipe.has_stream) == ("one machine", "bytes", False)
    assert recipe.needs == ["first-package", "other"]
    assert recipe.to_install == ["first-package", "other", "lines"]
    assert recipe.guarantees == {"count", "order"}


@pytest.mark.parametrize(
    "change",
    [
        lambda text: f"# A licence.\n\n{text}",
        lambda text: f"r{text}",
        lambda text: text.replace('"""', "'''"),
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace(":Carries: bytes", ":Carries:\tbytes"),
        lambda text: text.replace("frozenset({", "frozenset(\n    {").replace("})", "}\n)"),
        lambda text: text.replace("\nGUARANTEES", "\nGUARANTEES = frozenset()\nGUARANTEES"),
        lambda text: text.replace(";\n   of", ";\n\n   of"),
    ],
)
def test_other_ways_to_write_the_same(change: Callable[[str], str]) -> None:
    assert read(change(GOOD)) == read(GOOD)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("GUARANTEES = frozenset()", set()),
        ("GUARANTEES: frozenset[str] = frozenset()", set()),
        ('GUARANTEES = frozenset({"count"})', {"count"}),
    ],
)
def test_guarantees(line: str, found: set[str]) -> None:
    assert read(re.sub("^GUARANTEES.*$", line, GOOD, flags=re.MULTILINE)).guarantees == found


@pytest.mark.parametrize(
    ("text", "wrong", "complaint"),
    [
        (GOOD, f"import os\n{GOOD}", "it must begin with a docstring"),
        (GOOD, "", "it must begin with a docstring"),
        (GOOD, '"""' * 2, "it must begin with a docstring"),
        ("``sockets``.", "sockets,\nand more.", "ends with a full stop"),
        ("   knows", "knows", ":Reach: goes on in 'knows the path.'"),
        ("one message;", "One mesage;", ":Room: must begin with 'one m"),
        (":Framing: a line.", ":Framing a line.", "':Framing a line.'"),
        (":Framing: a line.", ":Framing: ", ":Framing: is empty"),
        (":Framing: a line.\n", "", ":Framing: is missing"),
        (":Framing:", ":Shared:", ":Shared: is there twice"),
        ("lined from lines", "lined", ":Server: must begin with programs and the package"),
        (":Server:", ":Serves:", ":Serves: is no field of a recipe"),
        ("one machine;", "one machin;", ":Reach: must begin with nothing"),
        ("one machine;", "one machine, or so;", ":Reach: must begin with"),
        ("Carries: bytes", "Carries: byte", ":Carries: must begin with"),
        ("first-package,", "the first package,", ":Needs: must begin"),
        ("Linux,", "Linus,", ":Runs on: must begin with Linux, macOS"),
        ('"order"', '"odour"', "GUARANTEES must be"),
        ("GUARANTEES =", "PROMISES =", "GUARANTEES must be"),
        ("frozenset(", "set(", "GUARANTEES must be"),
    ],
)
def test_what_cannot_be_read_names_file_and_field(text: str, wrong: str, complaint: str) -> None:
    with pytest.raises(UnreadableFacts, match=re.escape(complaint)) as caught:
        read(GOOD.replace(text, wrong))
    assert str(caught.value).startswith("lines.py: ")


THIS, ANOTHER = ("Linux", "macOS") if platform.system() == "Linux" else ("macOS", "Linux")


THIS_PROCESSOR, ANOTHER_PROCESSOR = sorted(
    facts.PROCESSORS, key=lambda name: platform.machine().lower() not in facts.PROCESSORS[name]
)


@pytest.mark.skipif(platform.system() == "Windows", reason="written for the two others")
@pytest.mark.parametrize(
    ("runs_on", "reason"),
    [
        (THIS, None),
        (f"{ANOTHER}, {THIS}; with a word about it", None),
        ("Python 3.11", None),
        (f"{THIS}, Python 3.{sys.version_info.minor}", None),
        (ANOTHER, f"lines runs on {ANOTHER}, and this is "),
        ("Windows; it knows no other", "lines runs on Windows, and this is "),
        ("Python 3.99", "lines runs on Python 3.99, and this is 3."),
        (f"{THIS}, Python 4.0", f"lines runs on {THIS}, Python 4.0, and this is 3."),
        (f"{THIS_PROCESSOR}, {ANOTHER_PROCESSOR}", None),
        (f"{THIS}, {THIS_PROCESSOR}; why not", None),
        (ANOTHER_PROCESSOR, f"lines runs on {ANOTHER_PROCESSOR}, and this is {platform.machine()}"),
    ],
)
def test_where_it_runs(runs_on: str, reason: str | None) -> None:
    why_not = read(GOOD.replace("Linux, macOS", runs_on)).why_not_here
    assert (why_not or "").startswith(reason or "")
    assert (why_not is None) == (reason is None)


def test_why_it_does_not_run_elsewhere_is_told() -> None:
    why_not = read(GOOD.replace("Linux, macOS", f"{ANOTHER}; it has\n   lines.")).why_not_here
    assert why_not is not None
    assert why_not.endswith(f"{platform.system()}: it has lines")


def test_a_recipe_of_another_system_is_not_even_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may use what this Python does not understand."""
    source = catalog_module.read_source(PLAIN)
    assert source is not None
    elsewhere = source.replace("\n:Room:", "\n:Runs on: Python 3.99; new.\n:Room:")
    monkeypatch.setattr(catalog_module, "read_source", lambda name: f"{elsewhere}\ntype X = !")
    monkeypatch.setattr("importlib.import_module", None)
    with pytest.raises(TransportUnavailable, match=rf"^{PLAIN} runs on Python 3\.99, and this"):
        load(PLAIN)


def test_a_file_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(catalog_module.MODULES, PLAIN, "mistyped")
    for read in describe, load:
        with pytest.raises(UnreadableFacts, match=r"mistyped\.py: No such file"):
            read(PLAIN)


def test_a_file_of_another_encoding_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "lines.py"
    path.write_bytes(b'"""Na\xefve."""')
    monkeypatch.setattr(catalog_module, "path_of", lambda name: str(path))
    with pytest.raises(UnreadableFacts, match=r"lines\.py: it is not UTF-8"):
        describe(PLAIN)


def test_a_recipe_is_read_and_not_imported(transport: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str, package: str | None = None) -> None:
        raise AssertionError(f"{name} was imported")

    monkeypatch.setattr("importlib.import_module", refuse)
    recipe = describe(transport)
    assert recipe.mechanism
    assert recipe.path.endswith(f"{catalog_module.MODULES[transport]}.py")
    assert Path(recipe.path).is_file()


def test_guarantees_are_those_of_the_module(transport: str) -> None:
    guarantees: object = vars(load(transport))["GUARANTEES"]
    assert type(guarantees) is frozenset
    assert guarantees == describe(transport).guarantees


BEGUN, SENT = 1, 2
PATIENCE_S = 2.0
TWO = (3, 1)


def send_two(endpoint: Endpoint, desk: Desk) -> tuple[bool, tuple[()]]:
    """A part: two messages, and whether both could be sent before one was taken."""
    desk.counters[desk.number] = BEGUN
    for token in TWO:
        endpoint.send((token, b""))
    desk.counters[desk.number] = SENT
    endpoint.recv()
    return True, ()


def receive_two(endpoint: Endpoint, desk: Desk) -> tuple[list[int], tuple[()]]:
    """A part: take in what arrives once both are sent, or once it is clear that they cannot be."""
    other = 1 - desk.number
    while desk.counters[other] < BEGUN:
        time.sleep(0.001)
    until_s = time.monotonic() + PATIENCE_S
    while desk.counters[other] < SENT and time.monotonic() < until_s:
        time.sleep(0.001)
    if desk.counters[other] < SENT:
        raise BufferError("the second one cannot be sent before the first one is taken")
    if (first := endpoint.recv()[0]) != TWO[0]:
        raise BufferError(f"the second one, {first}, took the place of the first one")
    second = endpoint.recv()[0]
    endpoint.send((4, b""))
    return [first, second], ()


@pytest.mark.parametrize("name", IN_TURN)
def test_the_room_is_what_it_says(name: str) -> None:
    """A second message goes on its way before the first one is taken, or it does not."""
    skip_unless_here(name)
    parts: dict[str, Part] = {"Ping": send_two, "Pong": receive_two}
    context = multiprocessing.get_context()
    transport = load(name)
    if not describe(name).has_stream:
        with pytest.raises(PlayerDied, match="BufferError"):
            supervise(transport, context, parts, payload=b"", timeout=20)
        return
    _, receiver = supervise(transport, context, parts, payload=b"", timeout=20)
    assert receiver.summary == list(TWO)


PITFALL = '''"""It hangs.

:Message: ``It: ...``, ``That``
:Asked as: why it hangs, it does not end
:Cause: This.
:Fix: That.
:Affects: spawn, Linux, Python 3.11; the others are not.
:Known as: python/cpython#1, some/thing.py#22
:Outcome: hangs; mended, it prints done
"""
'''


def read_pitfall(text: str) -> None:
    path = "/where/ever/name/broken.py"
    facts.check_pitfall(path, facts.read_docstring(path, text)[1])


def test_a_pitfall_of_the_right_form() -> None:
    read_pitfall(PITFALL)
    assert facts.literals("``It: ...``, ``That``") == ["It: ...", "That"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (":Cause: This.\n", "", "name/broken.py: :Cause: is missing"),
        (":Cause:", ":Reason:", ":Reason: is no field of a pitfall; there are Cause, Fix"),
        ("spawn, ", "", "names no start method, nor 'every start method'"),
        ("Linux,", "Plan 9,", ":Affects: must begin with start methods, systems, "),
        ("Python 3.11", "Python 3", "not 'Python 3'"),
        ("hangs; mended", "stops; mended", ":Outcome: must be 'hangs', "),
        ("mended, it prints done", "mended", ":Outcome: must be "),
        ("``", "", ":Message: has no ``text`` in double backquotes"),
        ("python/cpython#1", "cpython 1", "must be threads such as python/cpython#1, not"),
    ],
)
def test_a_pitfall_of_the_wrong_form(old: str, new: str, said: str) -> None:
    with pytest.raises(UnreadableFacts, match=re.escape(said)):
        read_pitfall(PITFALL.replace(old, new))
