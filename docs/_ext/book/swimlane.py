"""The ``swimlane`` directive: who does what, and in which order, a lane for each.

Written in a few lines:

.. code-block:: rst

    .. swimlane:: The turn goes there and back

       lanes: Ping | Pong
       Pong ~ recv() waits
       Ping: says Ping
       Ping -> Pong: (1, b"")
       Pong: says Pong
       Pong !! is killed
       = nobody is left to answer

or drawn from what ``python -m ipc_cookbook ... --trace FILE.json`` wrote:

.. code-block:: rst

    .. swimlane:: Eight words of a real game
       :trace: _data/traces/pipe.json
       :game: pipe --tokens 50 --delay 0
       :first: 10
       :words: 8

The game is what ``docs/record.py`` plays to record the trace anew.

``A: ...`` is something A does, ``A -> B: ...`` something that goes from A to B, ``A ~ ...`` that A
waits until something reaches it, ``A !! ...`` that A ends, ``= ...`` a remark on all of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata, OptionSpec

from book.pictures import (
    LINE,
    VISITORS,
    WIDTH,
    Drawing,
    Picture,
    Translate,
    width_of,
    wrapped,
)
from ipc_cookbook import catalog

MARGIN = 4.0
SLANT = 12.0

DOES, SENDS, WAITS, ENDS, REMARK = "does", "sends", "waits", "ends", "remark"


class Step(NamedTuple):
    """One line of the source: what happens in ``lane``; ``other`` is where an arrow leads."""

    kind: str
    lane: int
    other: int
    text: str


PATTERNS = (
    (REMARK, r"=\s*(?P<text>.+)"),
    (SENDS, r"(?P<lane>.+?)\s*->\s*(?P<other>[^:]+?)\s*(?::\s*(?P<text>.*))?"),
    (WAITS, r"(?P<lane>.+?)\s*~\s*(?P<text>.+)"),
    (ENDS, r"(?P<lane>.+?)\s*!!\s*(?P<text>.+)"),
    (DOES, r"(?P<lane>[^:]+?)\s*:\s*(?P<text>.+)"),
)


def parse(lines: Iterable[str]) -> tuple[list[str], list[Step]]:
    """The lanes' names, and the steps.

    :raises ValueError: a line is none of those; the message says which.
    """
    first, *rest = [line.strip() for line in lines if line.strip()] or [""]
    if not first.startswith("lanes:"):
        raise ValueError(f"the first line must be 'lanes: A | B', not {first!r}")
    lanes = [name.strip() for name in first.removeprefix("lanes:").split("|")]
    if not 2 <= len(lanes) <= 3 or not all(lanes):
        raise ValueError("there must be two or three lanes")
    if not rest:
        raise ValueError("there must be a line after the lanes")
    return lanes, [parse_step(line, lanes) for line in rest]


def parse_step(line: str, lanes: Sequence[str]) -> Step:
    for kind, pattern in PATTERNS:
        if match := re.fullmatch(pattern, line):
            found = match.groupdict()
            names = [found.get("lane"), found.get("other")]
            for name in filter(None, names):
                if name not in lanes:
                    raise ValueError(f"{name!r} in {line!r} is not one of {', '.join(lanes)}")
            lane, other = (lanes.index(name) if name else -1 for name in names)
            return Step(kind, lane, other, found["text"] or "")
    raise ValueError(f"what is {line!r}? write A: ..., A -> B: ..., A ~ ..., A !! ... or = ...")


class Swimlane(Picture):
    """Lanes side by side; time goes down."""

    kind = "swimlane"

    def words(self) -> Iterator[str]:
        yield from (self["title"], self.get("caption", ""), *self["lanes"])
        for step in self["steps"]:
            yield step.text

    def draw(self, translate: Translate) -> Drawing:
        return Sheet(self["title"], self["lanes"], self["steps"], translate).drawing


def colour(lane: int, lanes: Sequence[str]) -> str:
    """The first lane and the last one look the same in every picture."""
    return f"lane-{1 if lane == len(lanes) - 1 else 2 * lane}"


class Sheet:
    """Where the pen is while a swimlane is drawn from top to bottom."""

    def __init__(
        self, title: str, lanes: Sequence[str], steps: Sequence[Step], translate: Translate
    ) -> None:
        self.translate = translate
        self.lanes = [translate(lane) for lane in lanes]
        self.drawing = Drawing(translate(title), self.in_words(steps))
        edge = 62.0 if len(lanes) == 2 else 56.0
        gap = (WIDTH - 2 * edge) / (len(lanes) - 1)
        self.x = [edge + gap * number for number in range(len(lanes))]
        self.gap = gap
        self.y = 4.0
        self.since = [0.0] * len(lanes)
        self.state = ["runs"] * len(lanes)
        self.front: list[tuple[Any, ...]] = []
        self.draw_heads()
        *events, last = steps
        for step in events:
            getattr(self, f"draw_{step.kind}")(step)
        if last.kind == REMARK:
            self.end_lanes()
        getattr(self, f"draw_{last.kind}")(last)
        self.end_lanes()
        for text in self.front:
            self.drawing.text(*text)
        self.drawing.height = self.y + 4

    def colour(self, lane: int) -> str:
        return colour(lane, self.lanes)

    def in_words(self, steps: Sequence[Step]) -> str:
        return " ".join(filter(None, (self.sentence(step) for step in steps)))

    def sentence(self, step: Step) -> str:
        text = self.translate(step.text) if step.text else ""
        if step.kind == REMARK:
            return f"{text}."
        if step.kind == SENDS:
            return f"{self.lanes[step.lane]} → {self.lanes[step.other]}: {text}."
        return f"{self.lanes[step.lane]}: {text}."

    def draw_heads(self) -> None:
        room = min(self.gap, 2 * self.x[0]) - 4  # of the outer ones: up to the picture's edge
        texts = [wrapped(name, room - 24) for name in self.lanes]
        height = 8 + LINE * max(map(len, texts))
        for lane, lines in enumerate(texts):
            width = min(max(map(width_of, lines)) + 24, room)
            x = self.x[lane]
            self.box(x, self.y, width, height, f"name {self.colour(lane)}")
            top = self.y + (height - LINE * len(lines)) / 2
            for number, line in enumerate(lines):
                self.front.append((x, top + LINE * number + 12, line, f"on {self.colour(lane)}"))
        self.y += height
        self.since = [self.y] * len(self.lanes)
        self.y += 10

    def box(self, x: float, y: float, width: float, height: float, kind: str) -> None:
        self.drawing.add(
            "rect", x=x - width / 2, y=y, width=width, height=height, rx=6, class_=kind
        )

    def change(self, lane: int, state: str, y: float) -> None:
        """Draw the lane's line down to here, and go on in another state."""
        x = self.x[lane]
        if self.state[lane] in ("runs", "waits") and y > self.since[lane]:
            kind = f"life {self.state[lane]} {self.colour(lane)}"
            self.drawing.parts.insert(
                0,
                f'<line x1="{x:.1f}" y1="{self.since[lane]:.1f}" x2="{x:.1f}" y2="{y:.1f}" '
                f'class="{kind}"/>',
            )
        self.since[lane] = y
        self.state[lane] = state

    def end_lanes(self) -> None:
        self.y += 10
        for lane in range(len(self.lanes)):
            self.change(lane, "over", self.y)

    def draw_does(self, step: Step) -> None:
        lines = wrapped(self.translate(step.text), min(self.gap - 26, 150))
        width = max(map(width_of, lines)) + 18
        height = 8 + LINE * len(lines)
        x = min(max(self.x[step.lane], width / 2 + MARGIN), WIDTH - width / 2 - MARGIN)
        self.box(x, self.y, width, height, f"does {self.colour(step.lane)}")
        for number, line in enumerate(lines):
            self.front.append((x, self.y + 4 + LINE * number + 12, line, ""))
        self.y += height + 8

    def draw_sends(self, step: Step) -> None:
        start, end = self.x[step.lane], self.x[step.other]
        lines = wrapped(self.translate(step.text), abs(end - start) - 20) if step.text else []
        for line in lines:
            self.front.append(((start + end) / 2, self.y + 11, line, "said"))
            self.y += LINE
        side = 5 if end > start else -5
        self.drawing.arrow(start + side, self.y + 2, end - side, self.y + 2 + SLANT, "")
        self.y += SLANT + 6
        if self.state[step.other] == "waits":
            self.change(step.other, "runs", self.y - 4)
        self.y += 8

    def draw_waits(self, step: Step) -> None:
        self.change(step.lane, "waits", self.y)
        self.beside(step.lane, step.text, "waiting")

    def draw_ends(self, step: Step) -> None:
        x, y = self.x[step.lane], self.y + 6
        self.change(step.lane, "ended", y)
        for slope in (1, -1):
            self.drawing.line(x - 6, y - 6 * slope, x + 6, y + 6 * slope, "cross")
        self.y -= 2
        self.beside(step.lane, step.text, "ending")

    def beside(self, lane: int, text: str, kind: str) -> None:
        """A remark next to a lane, on the side where there is room."""
        is_last = lane == len(self.lanes) - 1
        x = self.x[lane] + (-12 if is_last else 12)
        lines = wrapped(self.translate(text), self.gap - 34)
        for line in lines:
            self.front.append((x, self.y + 12, line, kind, "end" if is_last else "start"))
            self.y += LINE
        self.y += 6

    def draw_remark(self, step: Step) -> None:
        for line in wrapped(self.translate(step.text), WIDTH - 30):
            width = width_of(line) + 10
            self.box(WIDTH / 2, self.y, width, LINE + 2, "blank")
            self.front.append((WIDTH / 2, self.y + 13, line, "remark"))
            self.y += LINE + 2
        self.y += 6


class TracedWord(NamedTuple):
    lane: int
    token: int
    at_us: float
    is_answer: bool


class TracedGame(Picture):
    """The first words of a recorded game: who said them, when, and what they answered."""

    kind = "swimlane traced"

    def words(self) -> Iterator[str]:
        yield from (self["title"], self.get("caption", ""), *self["lanes"])

    def draw(self, translate: Translate) -> Drawing:
        lanes, said = [translate(lane) for lane in self["lanes"]], self["said"]
        times = time_texts(said)
        in_words = "; ".join(
            f"{time}: {lanes[word.lane]} {word.token}"
            for time, word in zip(times, said, strict=True)
        )
        drawing = Drawing(translate(self["title"]), in_words)
        x = [118.0, 292.0]
        for lane, name in enumerate(lanes):
            width = width_of(name) + 24
            drawing.add(
                "rect", x=x[lane] - width / 2, y=4, width=width, height=24, rx=6,
                class_=f"name lane-{lane}",
            )  # fmt: skip
            drawing.text(x[lane], 20, name, f"on lane-{lane}")
        top, row = 50.0, 30.0
        bottom = top + row * (len(said) - 1)
        for lane in range(len(lanes)):
            drawing.line(x[lane], 28, x[lane], bottom + 16, f"life thin lane-{lane}")
        for number, (word, following) in enumerate(pairwise(said)):
            if following.is_answer:
                y = top + row * number
                if word.lane == following.lane:
                    out = x[word.lane] + (26 if word.lane == 0 else -26)
                    path = f"M{x[word.lane]:g},{y:g} Q{out:g},{y + row / 2:g} {x[word.lane]:g},"
                    drawing.add("path", d=f"{path}{y + row:g}", class_="arrow back")
                else:
                    side = 11 if following.lane > word.lane else -11
                    drawing.arrow(x[word.lane], y, x[following.lane] - side, y + row, "")
        for number, word in enumerate(said):
            y = top + row * number
            drawing.add("circle", cx=x[word.lane], cy=y, r=10, class_=f"word lane-{word.lane}")
            drawing.text(x[word.lane], y + 4, str(word.token), f"on token lane-{word.lane}")
            drawing.text(66, y + 4, times[number], "time", "end")
        drawing.height = bottom + 20
        return drawing


def time_texts(said: Sequence[TracedWord]) -> list[str]:
    """When each word was said, counted from the first, all in the same unit."""
    since_us = [word.at_us - said[0].at_us for word in said]
    if since_us[-1] < 10_000:
        return [f"{us:.0f} µs" for us in since_us]
    return [f"{us / 1000:.1f} ms" for us in since_us]


def read_trace(path: Path, first: int, limit: int) -> tuple[list[str], list[TracedWord]]:
    """Ping's and Pong's names, and some words of the game in Trace Event JSON.

    A word is an answer if it has the token that the word before it passed on, over a mechanism
    that passes any on.
    """
    document = json.loads(path.read_text(encoding="utf-8"))
    transport = document["otherData"]["transport"]
    is_shared = transport not in catalog.MODULES or bool(catalog.describe(transport).guarantees)
    events = document["traceEvents"]
    names = {event["pid"]: event["args"]["name"] for event in events if event["ph"] == "M"}
    lanes = list(names)
    words = [event for event in events if event["ph"] == "X"]
    said = [
        TracedWord(
            lanes.index(word["pid"]),
            token := word["args"]["token"],
            word["ts"],
            is_shared and before is not None and before["args"]["token"] + 1 == token,
        )
        for before, word in zip([None, *words], words, strict=False)
    ]
    return list(names.values()), said[first : first + limit]


def run_of(path: Path) -> str:
    """Which run a trace comes from, as far as it says."""
    about = json.loads(path.read_text(encoding="utf-8"))["otherData"]
    known = [about.get(key) for key in ("command", "recorded", "python", "machine")]
    return ", ".join(filter(None, known))


class SwimlaneDirective(SphinxDirective):
    has_content = True
    required_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[OptionSpec] = {
        "caption": directives.unchanged,
        "trace": directives.unchanged,
        "game": directives.unchanged,
        "first": directives.nonnegative_int,
        "words": directives.positive_int,
    }

    def run(self) -> list[nodes.Node]:
        if "trace" in self.options:
            name, path = self.env.relfn2path("/" + self.options["trace"].lstrip("/"))
            self.env.note_dependency(name)
            lanes, said = read_trace(
                Path(path), self.options.get("first", 0), self.options.get("words", 8)
            )
            picture: Picture = TracedGame(lanes=lanes, said=said, run=run_of(Path(path)))
        else:
            try:
                names, steps = parse(self.content)
            except ValueError as error:
                raise self.error(str(error)) from None
            picture = Swimlane(lanes=names, steps=steps)
        picture["title"] = self.arguments[0]
        picture["caption"] = self.options.get("caption", "")
        picture["identifier"] = f"picture-{self.env.new_serialno('picture')}"
        self.set_source_info(picture)
        return [picture]


def setup(app: Sphinx) -> ExtensionMetadata:
    app.add_node(Swimlane, **VISITORS)
    app.add_node(TracedGame, **VISITORS)
    app.add_directive("swimlane", SwimlaneDirective)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
