"""What cannot be measured, or not to the end: it is told, and gives no figure."""

from __future__ import annotations

from itertools import count

import pytest

from extras_here import require_bench
from homemade import Changing, PipeOf
from ipc_cookbook import catalog
from ipc_cookbook.bench.plan import Mechanism
from ipc_cookbook.cli.main import run
from ipc_cookbook.errors import PingPongError
from ipc_cookbook.render.bench_table import as_text
from ipc_cookbook.transport import Message, Transport
from known_times import KnownTimes, measured_document, plan_of
from samples import ONE_MESSAGE

require_bench()


def turned_round(message: Message) -> Message:
    return message[0], message[1][::-1]


DAMAGING = PipeOf(lambda connection: Changing(connection, turned_round))


def test_damaged_payload_is_a_failure_and_no_figure() -> None:
    transports: dict[str, Transport] = {"damaging": DAMAGING, "known": KnownTimes([1000])}
    document = measured_document(plan_of(transports, sizes=(8,)))
    assert [case["transport"] for case in document["cases"]] == ["known"]
    (failure,) = document["failures"]
    assert (failure["transport"], failure["error"]) == ("damaging", "BadLaunch")
    assert "FAILED: damaging with 8 B" in as_text(document)


def test_failure_is_told_and_gives_status_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    mechanisms = (Mechanism("damaging", DAMAGING),)
    monkeypatch.setattr("ipc_cookbook.bench.plan.choose", lambda *_: (mechanisms, {}))
    assert (
        run(
            [
                "bench",
                "--sizes",
                "8",
                "--tokens",
                "11",
                "--launches",
                "1",
                "--place",
                "free",
                "--quiet",
            ]
        )
        == 1
    )
    out, err = capsys.readouterr()
    assert out == "nothing was measured\n"
    assert err == "ipc_cookbook: damaging with 8 B: the payload was damaged\n"


def test_a_stream_that_loses_messages_is_a_failure_and_no_figure() -> None:
    lossy = Mechanism("lossy", catalog.load(ONE_MESSAGE), has_stream=True)
    document = measured_document(plan_of({}, mechanisms=(lossy,)))
    (case,) = document["cases"]
    assert case["streams"] == []
    (failure,) = document["failures"]
    assert (failure["kind"], failure["error"]) == ("stream", "PlayerDied")


def test_ctrl_c_leaves_what_was_finished() -> None:
    openings = count(1)

    def interrupt(_: int) -> None:
        if next(openings) == 6:  # one opening to prepare, and two in each round
            raise KeyboardInterrupt

    plan = plan_of({"interrupted": PipeOf(before=interrupt)}, launches=5)
    document = measured_document(plan)
    assert not document["is_complete"]
    (case,) = document["cases"]
    assert len(case["round_trips"]) == 2
    assert "Interrupted" in as_text(document)


def test_size_that_cannot_be_carried_is_left_out_with_the_reason() -> None:
    def refuse(max_payload: int) -> None:
        if max_payload > 10:
            raise ValueError("payload must be 10 bytes at most")

    document = measured_document(plan_of({"small": PipeOf(before=refuse)}, sizes=(5, 50)))
    assert [case["payload_size"] for case in document["cases"]] == [5]
    assert document["left_out"] == [
        {"transport": "small", "payload_size": 50, "reason": "payload must be 10 bytes at most"}
    ]


def test_more_words_than_the_time_out_allows_are_not_tried() -> None:
    transports = {"slow": KnownTimes([2 * 10**9]), "fast": KnownTimes([1000])}
    document = measured_document(plan_of(transports, tokens=70, timeout=60.0))
    assert [case["transport"] for case in document["cases"]] == ["fast"]
    (left_out,) = document["left_out"]
    assert left_out["reason"] == "70 words would take 70 s, and the time limit of a launch is 60 s"


def test_one_that_fails_does_not_stop_the_others() -> None:
    def fail(_: int) -> None:
        raise PingPongError("not today")

    transports: dict[str, Transport] = {
        "failing": PipeOf(before=fail),
        "known": KnownTimes([1000]),
    }
    document = measured_document(plan_of(transports))
    assert [case["transport"] for case in document["cases"]] == ["known"]
    assert [failure["round"] for failure in document["failures"]] == [0]
