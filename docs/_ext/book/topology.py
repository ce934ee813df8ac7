"""The ``topology`` directive: who talks to whom, over what.

.. code-block:: rst

    .. topology:: Tasks go to whoever is free

       parent
       [tasks]
       worker 1 | worker 2 | worker 3
       parent -> tasks: put
       tasks -> worker 1: get
       = A worker that is busy gets nothing.

First the rows of boxes from top to bottom. A name in brackets is a thing, any other one a process.
Then what is between them: ``A -> B: ...`` goes from A to B, ``A <-> B: ...`` both ways,
``A -- B: ...`` says that A holds B, ``A -x- B: ...`` that it has closed or lost it. ``= ...`` is a
remark on all of it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import ClassVar, NamedTuple

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata, OptionSpec

from book.pictures import VISITORS, Picture, Translate, placed
from ipc_cookbook.render.svg import LINE, WIDTH, Drawing, width_of, wrapped

EDGE = re.compile(
    r"(?P<first>.+?)\s+(?P<kind>->|<->|--|-x-)\s+(?P<second>[^:]+?)\s*(?::\s*(?P<text>.+))?"
)
SAYS = {"->": "to", "<->": "to and from", "--": "holds", "-x-": "no longer holds"}
MOST_IN_A_ROW = 4
BETWEEN_ROWS = 62.0
BETWEEN_LINES = 30.0
ASIDE = 26.0


class Box(NamedTuple):
    name: str
    is_thing: bool
    row: int


class Edge(NamedTuple):
    """``kind``, as it is written, from one name to another."""

    first: str
    kind: str
    second: str
    text: str


def parse(lines: Iterable[str]) -> tuple[list[list[Box]], list[Edge], list[str]]:
    """Rows of boxes, what is between them, and remarks.

    :raises ValueError: a line is none of those, or names what is not there; the message says which.
    """
    rows: list[list[Box]] = []
    edges: list[Edge] = []
    remarks: list[str] = []
    for line in filter(None, map(str.strip, lines)):
        if line.startswith("="):
            remarks.append(line.removeprefix("=").strip())
        elif match := EDGE.fullmatch(line):
            first, kind, second, text = (part or "" for part in match.groups())
            edges.append(Edge(first.strip("[]"), kind, second.strip("[]"), text))
        elif edges or remarks:
            raise ValueError(f"what is {line!r}? write A -> B: ..., A -- B: ... or = ...")
        else:
            names = [name.strip() for name in line.split("|")]
            rows.append([Box(name.strip("[]"), name.startswith("["), len(rows)) for name in names])
    known = Counter(box.name for row in rows for box in row)
    if not edges or not all(known) or max(known.values()) > 1:
        raise ValueError(
            "there must be rows of boxes, each with its own name, and lines between them"
        )
    if any(len(row) > MOST_IN_A_ROW for row in rows):
        raise ValueError(f"there must be at most {MOST_IN_A_ROW} boxes in a row")
    for edge in edges:
        for name in edge.first, edge.second:
            if name not in known:
                raise ValueError(f"{name!r} is not one of {', '.join(known)}")
    return rows, edges, remarks


class Map:
    """The boxes in their places, and then the lines between them."""

    def __init__(
        self,
        title: str,
        rows: Sequence[Sequence[Box]],
        edges: Sequence[Edge],
        remarks: Sequence[str],
    ) -> None:
        said = [f"{edge.first} {SAYS[edge.kind]} {edge.second}" for edge in edges]
        texts = [f": {edge.text}" if edge.text else "" for edge in edges]
        words = [*map("".join, zip(said, texts, strict=True)), *remarks]
        self.drawing = Drawing(title, " ".join(f"{each.rstrip('.')}." for each in words))
        self.row_of = {box.name: box.row for row in rows for box in row}
        self.place: dict[str, tuple[float, float, float, float]] = {}
        self.words: list[tuple[float, float, str, str, str]] = []
        y = 4.0
        for row in rows:
            names = {box.name for box in row}
            beside = any({edge.first, edge.second} <= names for edge in edges)
            y = self.draw_row(row, y + LINE * beside) + BETWEEN_ROWS
        y -= BETWEEN_ROWS - LINE * beside
        pairs = Counter(frozenset(edge[:3:2]) for edge in edges)
        drawn: Counter[frozenset[str]] = Counter()
        for edge in edges:
            pair = frozenset(edge[:3:2])
            self.draw_edge(edge, BETWEEN_LINES * (drawn[pair] - (pairs[pair] - 1) / 2))
            drawn[pair] += 1
        for remark in remarks:
            y += 8
            for line in wrapped(remark, WIDTH - 20):
                y += LINE + 2
                self.words.append((WIDTH / 2, y, line, "remark", "middle"))
        for x, at, text, kind, anchor in self.words:
            if kind != "remark":
                left = {"middle": x - width_of(text) / 2, "start": x, "end": x - width_of(text)}
                middle = left[anchor] + width_of(text) / 2
                self.drawing.box(middle, at - 13, width_of(text) + 6, LINE + 1, "blank")
            self.drawing.text(x, at, text, kind, anchor)
        self.drawing.height = y + 8

    def draw_row(self, row: Sequence[Box], y: float) -> float:
        """Returns where the row ends."""
        room = WIDTH / len(row)
        texts = [wrapped(box.name, room - 24) for box in row]
        height = 12 + LINE * max(map(len, texts))
        for number, (box, lines) in enumerate(zip(row, texts, strict=True)):
            x = room * (number + 0.5)
            width = min(max(map(width_of, lines)) + 26, room - 8)
            kind = "thing lane-1" if box.is_thing else "does lane-0"
            self.drawing.box(x, y, width, height, kind)
            top = y + (height - LINE * len(lines)) / 2
            for at, line in enumerate(lines):
                self.drawing.text(x, top + 12 + LINE * at, line)
            self.place[box.name] = x - width / 2, y, width, height
        return y + height

    def draw_edge(self, edge: Edge, aside: float) -> None:
        """A line, so much aside of the middle."""
        first, second = self.place[edge.first], self.place[edge.second]
        apart = self.row_of[edge.second] - self.row_of[edge.first]
        if apart == 0:
            (x1, y1, w1, h1), (x2, _, w2, _) = first, second
            start, end = (x1 + w1, x2) if x1 < x2 else (x1, x2 + w2)
            y = y1 + h1 / 2 + aside / 2
            points = [(start, y), (end, y)]
            at, anchor = ((start + end) / 2, y + 16 if aside > 0 else y - 6), "middle"
        elif abs(apart) == 1:
            points = [
                self.port(first, apart, aside, second),
                self.port(second, -apart, aside, first),
            ]
            x, y = ((a + b) / 2 for a, b in zip(*points, strict=True))
            anchor = "middle" if not aside else "start" if aside > 0 else "end"
            at = x + (6 if aside > 0 else -6 if aside < 0 else 0), y + 4
        else:  # around what is between them
            inner = min(
                self.place[name][0]
                for name, row in self.row_of.items()
                if abs(row - self.row_of[edge.first]) < abs(apart) or name in edge[:3:2]
            )
            x = max(inner - ASIDE, 10.0)
            ys = [place[1] + place[3] / 2 for place in (first, second)]
            points = [(first[0], ys[0]), (x, ys[0]), (x, ys[1]), (second[0], ys[1])]
            at, anchor = (x + 4, sum(ys) / 2), "start"
        self.draw_line(points, edge.kind)
        if edge.text:
            self.words.append((*at, edge.text, "said", anchor))

    @staticmethod
    def port(
        box: tuple[float, float, float, float], down: int, aside: float, other: Sequence[float]
    ) -> tuple[float, float]:
        """Where a line leaves a box: on the side of the other one."""
        x, y, width, height = box
        towards = other[0] + other[2] / 2 - (x + width / 2)
        shift = max(-width / 2 + 10, min(width / 2 - 10, towards / 3)) + aside
        return x + width / 2 + shift, y + height + 1 if down > 0 else y - 1

    def draw_line(self, points: Sequence[tuple[float, float]], kind: str) -> None:
        *before, last = points
        if kind in ("->", "<->"):
            for start, end in pairwise(before):
                self.drawing.line(*start, *end, "arrow")
            self.drawing.arrow(*before[-1], *last)
            if kind == "<->":
                self.drawing.arrow(*points[1], *points[0])
            return
        style = "arrow gone" if kind == "-x-" else "arrow"
        for start, end in pairwise(points):
            self.drawing.line(*start, *end, style)
        if kind == "-x-":
            x, y = ((a + 3 * b) / 4 for a, b in zip(points[0], points[-1], strict=True))
            for slope in (1, -1):
                self.drawing.line(x - 6, y - 6 * slope, x + 6, y + 6 * slope, "ending")


class Topology(Picture):
    kind = "topology"

    def words(self) -> Iterator[str]:
        yield from (self["title"], self.get("caption", ""), *self["remarks"])
        yield from (box.name for row in self["rows"] for box in row)
        yield from (edge.text for edge in self["edges"])

    def draw(self, translate: Translate) -> Drawing:
        rows = [[box._replace(name=translate(box.name)) for box in row] for row in self["rows"]]
        edges = [
            Edge(translate(edge.first), edge.kind, translate(edge.second), translate(edge.text))
            for edge in self["edges"]
        ]
        return Map(
            translate(self["title"]), rows, edges, list(map(translate, self["remarks"]))
        ).drawing


class TopologyDirective(SphinxDirective):
    has_content = True
    required_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[OptionSpec] = {"caption": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        try:
            rows, edges, remarks = parse(self.content)
        except ValueError as error:
            raise self.error(str(error)) from None
        picture = Topology(title=self.arguments[0], rows=rows, edges=edges, remarks=remarks)
        return placed(picture, self)


def setup(app: Sphinx) -> ExtensionMetadata:
    app.add_node(Topology, **VISITORS)
    app.add_directive("topology", TopologyDirective)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
