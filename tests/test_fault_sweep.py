"""A death, an exception, a stop at any token: named, in time, and the right one blamed."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator

import pytest

from fault_sweep import SERVER_FAULT, TOKENS, Outcome, faults_of, inject, table

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="faults are signals of POSIX")

OUTCOMES: list[Outcome] = []


@pytest.fixture(scope="module")
def _totals(pytestconfig: pytest.Config) -> Iterator[None]:
    """Print them at the end."""
    yield
    capture = pytestconfig.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        print("\n" + table(OUTCOMES))


def check(recipe: str, start_method: str, fault: str, token: int) -> None:
    outcome = inject(recipe, start_method, fault, token)
    OUTCOMES.append(outcome)
    assert outcome.was_detected, outcome
    assert outcome.blamed_right, outcome
    assert not outcome.left, outcome
    assert outcome.ms < (200 if fault == "stop" else 1000), outcome


@pytest.mark.parametrize("fault", ["kill", "_exit", "ValueError", "stop", SERVER_FAULT])
def test_a_fault_at_some_token(transport: str, start_method: str, fault: str) -> None:
    if fault not in faults_of(transport):
        pytest.skip("there is no server")
    if fault == "stop" and start_method != "fork":
        pytest.skip("takes its time; part of the whole sweep")
    chance = random.Random(f"{transport} {start_method} {fault}")
    check(transport, start_method, fault, chance.randrange(TOKENS))


@pytest.mark.sweep
@pytest.mark.timeout(900)
@pytest.mark.usefixtures("_totals")
def test_every_fault_at_every_token(transport: str, start_method: str) -> None:
    for fault in faults_of(transport):
        for token in range(TOKENS):
            check(transport, start_method, fault, token)
