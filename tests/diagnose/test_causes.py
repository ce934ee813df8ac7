"""Every cause is found in a program that hangs so, and no program that goes on is called hung."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from streams import LIMIT_S

pytest.importorskip("psutil", reason="processes are looked at with it")
if sys.platform != "linux":
    pytest.skip("diagnose takes Linux", allow_module_level=True)

from waiting_programs import HANGING, HEALTHY, Expected, expected_of, ready, started

from ipc_cookbook import gallery
from ipc_cookbook.diagnose import HUNG, NONE, Diagnosis, diagnose
from ipc_cookbook.diagnose.rules import RULES
from ipc_cookbook.diagnose.stacks import py_spy

SECONDS = 0.3
STARTS, LOOKS_EACH = 10, 5

every_hang = pytest.mark.parametrize("path", HANGING, ids=lambda path: path.stem)
every_healthy = pytest.mark.parametrize("path", HEALTHY, ids=lambda path: path.stem)
needs_py_spy = pytest.mark.skipif(py_spy() is None, reason="py-spy is not installed")


@needs_py_spy
@pytest.mark.sampled
@pytest.mark.part
@every_hang
def test_it_names_the_cause(path: Path, start_method: str) -> None:
    """While the program comes to its hang it goes on, and nobody may call it hung."""
    expected = expected_of(path)
    if expected.start_methods and start_method not in expected.start_methods:
        pytest.skip(f"it hangs under {expected.start_methods} alone")
    with started(path, start_method) as program:
        diagnosis = first_sure(expected, program.pid)
    first = diagnosis.findings[0]
    assert (first.cause, first.grade) == (expected.cause, expected.grade)
    assert diagnosis.verdict == expected.grade
    assert set(first.pids) <= {each.pid for each in diagnosis.processes}


def first_sure(expected: Expected, pid: int) -> Diagnosis:
    """The first diagnosis that says HUNG, or what is expected: before, it may be likely at most."""
    deadline_s = time.monotonic() + LIMIT_S
    while True:
        diagnosis = diagnose(pid, seconds=SECONDS)
        found = {(each.cause, each.grade) for each in diagnosis.findings}
        if diagnosis.verdict == HUNG or (expected.cause, expected.grade) in found:
            return diagnosis
        assert time.monotonic() < deadline_s, diagnosis


@pytest.mark.sampled
@pytest.mark.part
@every_healthy
def test_what_goes_on_is_not_called_hung(path: Path, start_method: str) -> None:
    with ready(path, start_method) as pid:
        assert diagnose(pid, seconds=SECONDS).verdict == NONE


@pytest.mark.sweep
@pytest.mark.timeout(600)
@every_healthy
def test_what_goes_on_is_never_called_hung(path: Path, start_method: str) -> None:
    """Fifty looks, the first ones while it starts."""
    for _ in range(STARTS):
        with started(path, start_method) as program:
            for _ in range(LOOKS_EACH):
                assert diagnose(program.pid, seconds=0.1).verdict != HUNG


def test_every_rule_has_a_program() -> None:
    """Here, or it is the one rule of a pitfall, which is diagnosed in test_every_pitfall."""
    shown = {expected_of(path).cause for path in HANGING}
    pitfalls = [rule.pitfall for rule in RULES if rule.pitfall]
    missing = [rule for rule in RULES if rule.cause not in shown]
    assert shown <= {rule.cause for rule in RULES}
    assert all(pitfalls.count(rule.pitfall or "") == 1 for rule in missing)


def test_every_pitfall_of_a_rule_is_there() -> None:
    """And all that hang are some rule's. In test_every_pitfall each is diagnosed."""
    named = {rule.pitfall for rule in RULES if rule.pitfall}
    hanging = {each.name for each in gallery.all_pitfalls() if each.outcome == "hangs"}
    assert named == hanging
