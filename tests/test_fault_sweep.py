"""A death, an exception, a stop at any moment: named, in time, and the right one blamed."""

from __future__ import annotations

import multiprocessing
import random
import sys
from collections.abc import Iterator

import pytest
from record.faults import (
    FAULTS,
    MIDWAY,
    Outcome,
    break_off,
    cases_of,
    faults_of,
    groups_of,
    inject,
    moments_of,
    strike,
    table,
)

from faulty import SERVER_FAULT, own_faults

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="faults are signals of POSIX"),
    pytest.mark.part,
]

OUTCOMES: list[Outcome] = []


@pytest.fixture(scope="module")
def _totals(pytestconfig: pytest.Config) -> Iterator[None]:
    """Print them at the end."""
    yield
    capture = pytestconfig.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        print("\n" + table(OUTCOMES))


def check(outcome: Outcome) -> None:
    assert outcome.is_perfect, outcome
    assert outcome.ms < (200 if outcome.fault == "stop" else 1000), outcome


@pytest.mark.few
@pytest.mark.parametrize("fault", [*FAULTS, SERVER_FAULT])
def test_a_fault_at_some_moment(transport: str, fault: str) -> None:
    if fault not in faults_of(transport):
        pytest.skip("it starts no process of its own")
    check_at_some_moment(transport, fault)


def test_what_can_go_wrong_with_the_server_of_one_recipe_alone(transport: str) -> None:
    for fault in own_faults(transport):
        check_at_some_moment(transport, fault)


def check_at_some_moment(recipe: str, fault: str) -> None:
    chance = random.Random(f"{recipe} {fault}")
    start_method = chance.choice(multiprocessing.get_all_start_methods())
    check(inject(recipe, start_method, fault, chance.choice(moments_of(recipe, fault))))


@pytest.mark.few
@pytest.mark.parametrize("case", MIDWAY)
def test_a_death_in_mid_action(transport: str, start_method: str, case: str) -> None:
    """With a lock that nobody else will let go of, or with half a message written."""
    if case not in cases_of(transport):
        pytest.skip("it has no lock, or this system cannot tell")
    check(break_off(transport, start_method, case, word=12))


@pytest.mark.few
def test_a_signal_from_outside_at_some_moment(transport: str, start_method: str) -> None:
    check(strike(transport, start_method, seed=1))


@pytest.mark.sweep
@pytest.mark.timeout(900)
@pytest.mark.usefixtures("_totals")
def test_every_fault_at_every_moment(transport: str, start_method: str) -> None:
    for group in groups_of(transport, start_method):
        OUTCOMES.extend(group)
        for outcome in group:
            check(outcome)
