"""One game as events for a trace viewer, and as a picture."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import islice, pairwise, zip_longest
from typing import Any

from ipc_cookbook.game.result import PingPongResult
from ipc_cookbook.render.svg import LINE, WIDTH, wrapped
from ipc_cookbook.render.swimlanes import Said, draw_game

MOST_WORDS_DRAWN = 50
SUFFIXES = (".svg", ".json")


def as_file(result: PingPongResult, path: str) -> bytes:
    """The content of a file of the kind that its name says, one of :data:`SUFFIXES`."""
    return as_svg(result) if path.lower().endswith(".svg") else as_events(result)


def as_events(result: PingPongResult) -> bytes:
    """Trace Event JSON, for Perfetto and ``chrome://tracing``.

    A word lasts until the next one; an arrow leads from it to the next where that is the
    answer. Times are in us, from the first word on.
    """
    turns = list(result.turns)
    begun_ns = turns[0].at_ns if turns else 0
    tokens_cross = result.every_token_once
    events: list[dict[str, Any]] = [
        {"ph": "M", "name": "process_name", "pid": pid, "tid": pid, "args": {"name": player}}
        for player, pid in result.pids.items()
    ]
    for turn, following in zip_longest(turns, turns[1:]):
        lane = {"pid": turn.pid, "tid": turn.pid}
        at_us = (turn.at_ns - begun_ns) / 1000
        until_us = at_us if following is None else (following.at_ns - begun_ns) / 1000
        word = {"name": turn.word, "cat": "word", "args": {"token": turn.token}}
        took_us = round(until_us - at_us, 3)
        events.append({"ph": "X", "ts": at_us, "dur": took_us, **lane, **word})
        if following is None or following.pid == turn.pid:
            continue
        if tokens_cross and following.token == turn.token + 1:
            arrow = {"name": "turn", "cat": "turn", "id": following.token}
            events.append({"ph": "s", "ts": at_us, **lane, **arrow})
            lane = {"pid": following.pid, "tid": following.pid}
            events.append({"ph": "f", "bp": "e", "ts": until_us, **lane, **arrow})
    about = {"transport": result.transport, "start_method": result.start_method}
    document = {"traceEvents": events, "displayTimeUnit": "ns", "otherData": about}
    return json.dumps(document).encode()


def as_svg(result: PingPongResult) -> bytes:
    """A lane for each player, a dot for each word, and an arrow from a word to its answer."""
    turns = list(islice(result.turns, MOST_WORDS_DRAWN))
    lanes = {pid: lane for lane, pid in enumerate(result.pids.values())}
    words = [(lanes[turn.pid], turn.token, turn.at_ns / 1000) for turn in turns]
    said = said_in(words, result.every_token_once)
    shown = "" if result.count == len(turns) else f"the first {len(turns)} of "
    title = f"{result.transport} ({result.start_method}): {shown}{result.count} words"
    drawing = draw_game(title, list(result.pids), said)
    for line in wrapped(title, WIDTH - LINE):
        drawing.height += LINE
        drawing.text(WIDTH / 2, drawing.height, line, "remark")
    drawing.height += LINE / 2
    return drawing.as_file("swimlane")


def words_of(events: Sequence[dict[str, Any]]) -> tuple[list[str], list[Said]]:
    """The players' names, and all words of a game, from its events."""
    names = {event["pid"]: event["args"]["name"] for event in events if event["ph"] == "M"}
    lanes = list(names)
    words = [
        (lanes.index(event["pid"]), event["args"]["token"], event["ts"])
        for event in events
        if event["ph"] == "X"
    ]
    tokens = {token for _, token, _ in words}
    return list(names.values()), said_in(words, len(tokens) == len(words))


def said_in(words: Sequence[tuple[int, int, float]], tokens_cross: bool) -> list[Said]:
    """Which words are answers: none if a token was held twice, for then each counts alone."""
    tokens = [token for _, token, _ in words]
    answers = [False, *(tokens_cross and two == one + 1 for one, two in pairwise(tokens))]
    return [Said(*word, is_answer) for word, is_answer in zip(words, answers, strict=False)]
