"""``pitfall``: the list, the programs, what a run says, and what it says where it cannot run."""

from __future__ import annotations

import json
from subprocess import CompletedProcess

import pytest

from commands import (
    DONE,
    FAILED,
    MISSING,
    USAGE,
    assert_one_line,
    cookbook,
    error_of,
    needs_posix,
    results_of,
)
from driver import CODE, run
from ipc_cookbook import catalog, facts, gallery
from ipc_cookbook.gallery import BROKEN, FIXED, NAMES
from json_page import documented

pytestmark = pytest.mark.part

FIRST = NAMES[0]


def test_the_list_has_every_symptom_in_its_chapter() -> None:
    done = cookbook("pitfall")
    assert done.stderr == ""
    blocks = done.stdout.split("\n\n")
    assert len(blocks) == 1 + len(catalog.PITFALLS)
    for block, (chapter, members) in zip(blocks[1:], catalog.PITFALLS.items(), strict=True):
        title, *lines = block.splitlines()
        assert title == chapter
        assert [line.split(None, 1) for line in lines] == [
            [name, gallery.describe(name).symptom] for name in members
        ]


def test_the_list_as_json() -> None:
    results = results_of(cookbook("pitfall", "--json"))
    assert [result["name"] for result in results] == NAMES
    assert {*results[0]} | {"text"} == documented("A pitfall")


@pytest.mark.parametrize("name", NAMES)
def test_a_program_is_shown_as_it_is(name: str) -> None:
    pitfall = gallery.describe(name)
    assert cookbook("pitfall", name, "--show").stdout == pitfall.broken
    (result,) = results_of(cookbook("pitfall", name, "--show", "--json"))
    assert result["text"] == pitfall.broken
    assert {*result} == documented("A pitfall")


DOCTORED = """
import sys
from ipc_cookbook import facts, gallery
from ipc_cookbook.cli import main
pitfall = gallery.Pitfall("it", "It does what it does", {fields}, {broken!r}, {fixed!r})
gallery.describe = lambda name: pitfall
{prelude}
sys.exit(main.run())
"""


def run_one(
    broken: str,
    fixed: str,
    *options: str,
    outcome: str = "raises ValueError",
    affects: str = facts.EVERY_METHOD,
    prelude: str = "",
    status: int = DONE,
) -> CompletedProcess[str]:
    """The command with a pitfall of these two programs."""
    fields = {"Outcome": outcome, "Affects": affects, "Cause": "This.", "Fix": "That."}
    program = DOCTORED.format(fields=fields, broken=broken, fixed=fixed, prelude=prelude)
    return run(*CODE, program, "pitfall", "it", *options, status=status, traceback=None)


RAISES, ENDS = "raise ValueError('so')", "print('done')"


@needs_posix
class TestRuns:
    @pytest.fixture(autouse=True)
    def _needs_psutil(self) -> None:
        pytest.importorskip("psutil", reason="programs are watched with it")

    def test_it_fails_as_taught(self) -> None:
        done = run_one(RAISES, ENDS, "--start-method", "spawn")
        head, *lines = done.stdout.splitlines()
        assert head == f"==> {BROKEN}, started by spawn <=="
        assert lines[-3:] == ["ValueError: so", f"==> {FIXED}, started by spawn <==", "done"]
        verdict, _, seconds = done.stderr.rpartition(" in ")
        assert verdict == "it: raises ValueError, as taught; mended: ends"
        assert seconds.endswith(" s\n")

    def test_all_of_it_as_json(self) -> None:
        (result,) = results_of(run_one(RAISES, ENDS, "--json", "--quiet"))
        assert (result["as_taught"], result["mended"]) == (True, True)
        assert {*result} == documented("A run of a pitfall")
        assert {*result["broken"]} == documented("A watched program")
        assert result["fixed"]["output"] == "done\n"

    def test_what_a_user_has_set_does_not_change_it(self) -> None:
        done = run(
            *CODE,
            DOCTORED.format(
                fields={"Outcome": "raises ValueError", "Affects": facts.EVERY_METHOD},
                broken=RAISES,
                fixed="import warnings\nwarnings.warn('so')",
                prelude="",
            ),
            *("pitfall", "it", "--start-method", "spawn"),
            env={"FORCE_COLOR": "1", "PYTHONWARNINGS": "error"},
        )
        assert "as taught; mended: ends" in done.stderr
        assert "\\x1b" not in done.stdout

    def test_no_verdict_where_none_is_wanted(self) -> None:
        assert run_one(RAISES, ENDS, "--quiet").stderr == ""

    def test_it_does_not_fail(self) -> None:
        done = run_one(ENDS, ENDS, status=FAILED)
        assert "it: ends with status 0, and not as taught: raises ValueError; " in done.stderr

    def test_it_fails_in_another_way(self) -> None:
        done = run_one("import sys\nsys.exit(7)", ENDS, status=FAILED)
        assert "it: ends with status 7, and not as taught" in done.stderr

    def test_it_is_not_mended(self) -> None:
        for fixed in RAISES, "import sys\nsys.exit(7)":
            done = run_one(RAISES, fixed, status=FAILED)
            assert "as taught; not mended: ends with status " in done.stderr

    def test_the_mended_one_hangs(self) -> None:
        done = run_one(RAISES, "import threading\nthreading.Event().wait()", status=FAILED)
        assert "as taught; not mended: hangs (nobody moved for 2 s)" in done.stderr

    def test_the_mended_one_leaves_something(self) -> None:
        fixed = "import os\nopen(os.environ['TMPDIR'] + '/left', 'w').close()"
        done = run_one(RAISES, fixed, status=FAILED)
        assert "not mended: ends with status 0, and leaves 1 x temporary file" in done.stderr
        assert "(left behind, and taken away: 1 x temporary file)" in done.stdout

    def test_a_mended_one_that_raises_as_it_should(self) -> None:
        outcome = "prints done; mended, it raises ValueError"
        assert "mended: raises ValueError" in run_one(ENDS, RAISES, outcome=outcome).stderr
        done = run_one(ENDS, "raise KeyError", outcome=outcome, status=FAILED)
        assert "not mended: ends with status 1" in done.stderr

    def test_what_a_program_says_steers_no_terminal(self) -> None:
        done = run_one("print('\\x1b[31m')\nraise ValueError", ENDS)
        assert "\x1b" not in done.stdout
        assert "\\x1b[31m" in done.stdout


@pytest.mark.parametrize(
    ("affects", "prelude"),
    [
        ("every start method, Linux", "facts.SYSTEMS = {'Linux': 'Another'}"),
        ("every start method, Python 3.99", ""),
        ("every start method, Python before 3.2", ""),
    ],
)
def test_where_it_does_not_fail_it_is_not_run(affects: str, prelude: str) -> None:
    done = run_one(RAISES, ENDS, affects=affects, prelude=prelude, status=MISSING)
    assert done.stdout == ""
    assert_one_line(done.stderr, f"it affects {affects}, and this is ")


def test_a_start_method_under_which_it_does_not_fail() -> None:
    options = ("--start-method", "spawn")
    done = run_one(RAISES, ENDS, *options, affects="fork, forkserver", status=MISSING)
    assert_one_line(done.stderr, "it affects fork, forkserver, and this is spawn")


@needs_posix
def test_where_shared_memory_cannot_be_made_small() -> None:
    pytest.importorskip("psutil", reason="programs are watched with it")
    prelude = (
        "from ipc_cookbook.gallery import watch\nwatch.with_own_shared_memory = lambda mib: ()"
    )
    affects = "every start method, /dev/shm of 1 MiB"
    done = run_one(RAISES, ENDS, affects=affects, prelude=prelude, status=MISSING)
    assert done.stdout == ""
    assert_one_line(done.stderr, "it cannot be shown here: a /dev/shm of 1 MiB takes Linux")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["no-such-thing"], "no pitfall is called 'no-such-thing'"),
        ([FIRST[:-1]], f"did you mean {FIRST}"),
        (["--show"], "need the name of a pitfall"),
        ([FIRST, "--show", "--diff"], "not allowed with argument"),
        ([FIRST, "--show", "--start-method", "spawn"], "--start-method is for a run"),
        ([FIRST, "--start-method", "thread"], "start_method must be one of "),
    ],
)
def test_bad_input(options: list[str], said: str) -> None:
    done = cookbook("pitfall", *options, status=USAGE)
    assert done.stdout == ""
    assert_one_line(done.stderr, said)
    assert said in error_of(cookbook("pitfall", *options, "--json", status=USAGE))["message"]


def test_an_explanation_has_what_the_page_says() -> None:
    done = cookbook("explain", gallery.describe(FIRST).symptom, "--json")
    for result in json.loads(done.stdout)["results"]:
        assert {*result} == documented("An explanation")
