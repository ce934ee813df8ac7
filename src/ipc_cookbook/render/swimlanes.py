"""Swim-lanes: who does what, and in which order, a lane for each; time goes down.

A ``Story`` is told in steps. A game is drawn from the words that were said in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Literal, NamedTuple

from ipc_cookbook.render.svg import LINE, WIDTH, Drawing, width_of, wrapped

MARGIN = 4.0
SLANT = 12.0

Kind = Literal["does", "sends", "waits", "ends", "remark"]


class Step(NamedTuple):
    """What happens in ``lane``; ``other`` is where an arrow leads."""

    kind: Kind
    lane: int
    other: int
    text: str

    def in_words(self, lanes: Sequence[str]) -> str:
        if self.kind == "remark":
            return f"{self.text}."
        to = f" → {lanes[self.other]}" if self.kind == "sends" else ""
        return f"{lanes[self.lane]}{to}: {self.text}."


def draw_story(title: str, lanes: Sequence[str], steps: Sequence[Step]) -> Drawing:
    return Story(title, lanes, steps).drawing


class Story:
    """Where the pen is while a story is drawn from top to bottom."""

    def __init__(self, title: str, lanes: Sequence[str], steps: Sequence[Step]) -> None:
        self.lanes = lanes
        self.drawing = Drawing(title, " ".join(step.in_words(lanes) for step in steps))
        edge = 62.0 if len(lanes) == 2 else 56.0
        self.gap = (WIDTH - 2 * edge) / (len(lanes) - 1)
        self.x = [edge + self.gap * number for number in range(len(lanes))]
        self.y = 4.0
        self.since = [0.0] * len(lanes)
        self.state = ["runs"] * len(lanes)
        self.front: list[tuple[Any, ...]] = []
        self.draw_heads()
        *events, last = steps
        for step in events:
            getattr(self, f"draw_{step.kind}")(step)
        if last.kind == "remark":
            self.end_lanes()
        getattr(self, f"draw_{last.kind}")(last)
        self.end_lanes()
        for text in self.front:
            self.drawing.text(*text)
        self.drawing.height = self.y + 4

    def colour(self, lane: int) -> str:
        """The first lane and the last one look the same in every picture."""
        return f"lane-{1 if lane == len(self.lanes) - 1 else 2 * lane}"

    def draw_heads(self) -> None:
        room = min(self.gap, 2 * self.x[0]) - 4  # of the outer ones: up to the picture's edge
        texts = [wrapped(name, room - 24) for name in self.lanes]
        height = 8 + LINE * max(map(len, texts))
        for lane, lines in enumerate(texts):
            width = min(max(map(width_of, lines)) + 24, room)
            self.drawing.box(self.x[lane], self.y, width, height, f"name {self.colour(lane)}")
            top = self.y + (height - LINE * len(lines)) / 2
            self.write(self.x[lane], top + 12, lines, f"on {self.colour(lane)}")
        self.y += height
        self.since = [self.y] * len(self.lanes)
        self.y += 10

    def write(
        self, x: float, y: float, lines: Sequence[str], kind: str = "", anchor: str = "middle"
    ) -> None:
        """Words, in front of all lines."""
        for number, line in enumerate(lines):
            self.front.append((x, y + LINE * number, line, kind, anchor))

    def change(self, lane: int, state: str, y: float) -> None:
        """Draw the lane's line down to here, and go on in another state."""
        x = self.x[lane]
        if self.state[lane] in ("runs", "waits") and y > self.since[lane]:
            kind = f"life {self.state[lane]} {self.colour(lane)}"
            self.drawing.add_behind("line", x1=x, y1=self.since[lane], x2=x, y2=y, class_=kind)
        self.since[lane] = y
        self.state[lane] = state

    def end_lanes(self) -> None:
        self.y += 10
        for lane in range(len(self.lanes)):
            self.change(lane, "over", self.y)

    def draw_does(self, step: Step) -> None:
        lines = wrapped(step.text, min(self.gap - 26, 150))
        width = max(map(width_of, lines)) + 18
        height = 8 + LINE * len(lines)
        x = min(max(self.x[step.lane], width / 2 + MARGIN), WIDTH - width / 2 - MARGIN)
        self.drawing.box(x, self.y, width, height, f"does {self.colour(step.lane)}")
        self.write(x, self.y + 16, lines)
        self.y += height + 8

    def draw_sends(self, step: Step) -> None:
        start, end = self.x[step.lane], self.x[step.other]
        lines = wrapped(step.text, abs(end - start) - 20) if step.text else []
        if abs(step.lane - step.other) > 1:  # there is another lane behind the words
            width = max(map(width_of, lines), default=0)
            self.drawing.box((start + end) / 2, self.y - 2, width, LINE * len(lines), "blank")
        self.write((start + end) / 2, self.y + 11, lines, "said")
        self.y += LINE * len(lines)
        aside = 5 if end > start else -5
        self.drawing.arrow(start + aside, self.y + 2, end - aside, self.y + 2 + SLANT)
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
            self.drawing.line(x - 6, y - 6 * slope, x + 6, y + 6 * slope, "ending")
        self.y -= 2
        self.beside(step.lane, step.text, "ending")

    def beside(self, lane: int, text: str, kind: str) -> None:
        """A remark next to a lane, where there is room."""
        is_last = lane == len(self.lanes) - 1
        lines = wrapped(text, self.gap - 34)
        x, anchor = (self.x[lane] - 12, "end") if is_last else (self.x[lane] + 12, "start")
        self.write(x, self.y + 12, lines, kind, anchor)
        self.y += LINE * len(lines) + 6

    def draw_remark(self, step: Step) -> None:
        lines = wrapped(step.text, WIDTH - 30)
        for number, line in enumerate(lines):
            y = self.y + (LINE + 2) * number
            self.drawing.box(WIDTH / 2, y, width_of(line) + 10, LINE + 2, "blank")
            self.write(WIDTH / 2, y + 13, [line], "remark")
        self.y += (LINE + 2) * len(lines) + 6


class Said(NamedTuple):
    """A word of a game: in whose lane, with which token, when in us, and if it is an answer.

    It is one if it has the token that the word before it passed on.
    """

    lane: int
    token: int
    at_us: float
    is_answer: bool


def draw_game(title: str, lanes: Sequence[str], said: Sequence[Said]) -> Drawing:
    """Two players' words: when, in whose lane, with which token, and what they answered."""
    times = time_texts(said)
    in_words = "; ".join(
        f"{time}: {lanes[word.lane]} {word.token}" for time, word in zip(times, said, strict=True)
    )
    drawing = Drawing(title, in_words)
    x = [118.0, 292.0]
    for lane, name in enumerate(lanes):
        drawing.box(x[lane], 4, width_of(name) + 24, 24, f"name lane-{lane}")
        drawing.text(x[lane], 20, name, f"on lane-{lane}")
    top, row = 50.0, 30.0
    bottom = top + row * (len(said) - 1)
    for lane in range(len(lanes)):
        drawing.line(x[lane], 28, x[lane], bottom + 16, f"life thin lane-{lane}")
    for number, (word, following) in enumerate(pairwise(said)):
        if following.is_answer:
            y, start, end = top + row * number, x[word.lane], x[following.lane]
            if start == end:  # its own token, taken back
                out = start + (26 if word.lane == 0 else -26)
                path = f"M{start:g},{y:g} Q{out:g},{y + row / 2:g} {start:g},{y + row:g}"
                drawing.add("path", d=path, class_="arrow back")
            else:
                drawing.arrow(start, y, end - (11 if end > start else -11), y + row)
    for number, word in enumerate(said):
        y = top + row * number
        drawing.add("circle", cx=x[word.lane], cy=y, r=10, class_=f"word lane-{word.lane}")
        drawing.text(x[word.lane], y + 4, str(word.token), f"on token lane-{word.lane}")
        drawing.text(66, y + 4, times[number], "time", "end")
    drawing.height = bottom + 20
    return drawing


def time_texts(said: Sequence[Said]) -> list[str]:
    """When each word was said, counted from the first, all in the same unit."""
    since_us = [word.at_us - said[0].at_us for word in said]
    if not said or since_us[-1] < 10_000:
        return [f"{us:.0f} µs" for us in since_us]
    return [f"{us / 1000:.1f} ms" for us in since_us]
