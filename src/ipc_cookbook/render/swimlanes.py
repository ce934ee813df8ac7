"""One game as a picture, and as events for a trace viewer: a lane for each process."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import islice, pairwise, zip_longest
from typing import Any

from ipc_cookbook.game.result import PingPongResult
from ipc_cookbook.game.turns import Turn
from ipc_cookbook.render.files import write_whole

MOST_WORDS_DRAWN = 50
SUFFIXES = (".svg", ".json")


def write(result: PingPongResult, path: str) -> None:
    write_whole(path, as_svg(result) if is_picture(path) else as_events(result))


def is_picture(path: str) -> bool:
    return path.lower().endswith(".svg")


def as_events(result: PingPongResult) -> bytes:
    """Trace Event JSON, for Perfetto and ``chrome://tracing``.

    A word lasts until the next one; an arrow leads from it to the next where that is the
    answer. Times are in us, from the first word on.
    """
    turns = list(result.turns)
    begun_ns = turns[0].at_ns if turns else 0
    is_answer = answers_in(result)
    events: list[dict[str, Any]] = [
        {"ph": "M", "name": "process_name", "pid": pid, "tid": pid, "args": {"name": word}}
        for word, pid in result.pids.items()
    ]
    for turn, following in zip_longest(turns, turns[1:]):
        lane = {"pid": turn.pid, "tid": turn.pid}
        at_us = (turn.at_ns - begun_ns) / 1000
        until_us = at_us if following is None else (following.at_ns - begun_ns) / 1000
        word = {"name": turn.word, "cat": "word", "args": {"token": turn.token}}
        took_us = round(until_us - at_us, 3)
        events.append({"ph": "X", "ts": at_us, "dur": took_us, **lane, **word})
        if following is not None and is_answer(turn, following):
            arrow = {"name": "turn", "cat": "turn", "id": following.token}
            events.append({"ph": "s", "ts": at_us, **lane, **arrow})
            lane = {"pid": following.pid, "tid": following.pid}
            events.append({"ph": "f", "bp": "e", "ts": until_us, **lane, **arrow})
    about = {"transport": result.transport, "start_method": result.start_method}
    document = {"traceEvents": events, "displayTimeUnit": "ns", "otherData": about}
    return json.dumps(document).encode()


def answers_in(result: PingPongResult) -> Callable[[Turn, Turn], bool]:
    """Tells whether a word is the answer to the one before it.

    It never is where a token was held twice: then each process counts alone.
    """
    tokens_cross = result.every_token_once
    return lambda turn, following: (
        tokens_cross and following.token == turn.token + 1 and following.pid != turn.pid
    )


def as_svg(result: PingPongResult) -> bytes:
    """A dot for each word in its process's lane, and a line from a word to its answer."""
    from ipc_cookbook.render.style import INK, PALE, new_figure, saved

    turns = list(islice(result.turns, MOST_WORDS_DRAWN))
    begun_ns = turns[0].at_ns if turns else 0
    is_answer = answers_in(result)
    lanes = {pid: lane for lane, pid in enumerate(result.pids.values())}

    def at_ms(turn: Turn) -> float:
        return (turn.at_ns - begun_ns) / 1e6

    with new_figure(height=1.9) as figure:
        axes = figure.add_subplot()
        for turn, following in pairwise(turns):
            if is_answer(turn, following):
                ends = [at_ms(turn), at_ms(following)], [lanes[turn.pid], lanes[following.pid]]
                axes.plot(*ends, color=INK, linewidth=0.6)
        places = [at_ms(turn) for turn in turns], [lanes[turn.pid] for turn in turns]
        axes.plot(*places, "o", color=INK, markersize=3.5)
        axes.hlines(list(lanes.values()), 0, max(places[0], default=0), color=PALE, zorder=0)
        axes.set_yticks(list(lanes.values()), list(result.pids))
        axes.set_ylim(1.5, -0.5)
        axes.set_xlabel("ms since the first word")
        shown = "" if result.count == len(turns) else f"the first {len(turns)} of "
        title = f"{result.transport} ({result.start_method}): {shown}{result.count} words"
        axes.set_title(title, loc="left")
        return saved(figure, "svg")
