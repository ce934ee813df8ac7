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

The game is what ````python -m record```` plays to record the trace anew.

``A: ...`` is something A does, ``A -> B: ...`` something that goes from A to B, ``A ~ ...`` that A
waits until something reaches it, ``A !! ...`` that A ends, ``= ...`` a remark on all of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata, OptionSpec

from book.pictures import VISITORS, Picture, Translate, placed
from ipc_cookbook.render.svg import Drawing
from ipc_cookbook.render.swimlanes import Kind, Step, draw_game, draw_story
from ipc_cookbook.render.trace import words_of

PATTERNS: tuple[tuple[Kind, str], ...] = (
    ("remark", r"=\s*(?P<text>.+)"),
    ("sends", r"(?P<lane>.+?)\s*->\s*(?P<other>[^:]+?)\s*(?::\s*(?P<text>.*))?"),
    ("waits", r"(?P<lane>.+?)\s*~\s*(?P<text>.+)"),
    ("ends", r"(?P<lane>.+?)\s*!!\s*(?P<text>.+)"),
    ("does", r"(?P<lane>[^:]+?)\s*:\s*(?P<text>.+)"),
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
    """A story, told in steps."""

    kind = "swimlane"

    def words(self) -> Iterator[str]:
        yield from (self["title"], self.get("caption", ""), *self["lanes"])
        for step in self["steps"]:
            yield step.text

    def draw(self, translate: Translate) -> Drawing:
        steps = [step._replace(text=translate(step.text)) for step in self["steps"]]
        return draw_story(translate(self["title"]), list(map(translate, self["lanes"])), steps)


class TracedGame(Picture):
    """Some words of a recorded game."""

    kind = "swimlane traced"

    def words(self) -> Iterator[str]:
        yield from (self["title"], self.get("caption", ""), *self["lanes"])

    def draw(self, translate: Translate) -> Drawing:
        lanes = list(map(translate, self["lanes"]))
        return draw_game(translate(self["title"]), lanes, self["said"])


def run_of(about: dict[str, str]) -> str:
    """Which run a trace comes from, as far as it says."""
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
        picture = self.game() if "trace" in self.options else self.story()
        picture["title"] = self.arguments[0]
        return placed(picture, self)

    def game(self) -> Picture:
        name, path = self.env.relfn2path("/" + self.options["trace"].lstrip("/"))
        self.env.note_dependency(name)
        document: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8"))
        lanes, said = words_of(document["traceEvents"])
        first = self.options.get("first", 0)
        shown = said[first : first + self.options.get("words", 8)]
        return TracedGame(lanes=lanes, said=shown, run=run_of(document["otherData"]))

    def story(self) -> Picture:
        try:
            lanes, steps = parse(self.content)
        except ValueError as error:
            raise self.error(str(error)) from None
        return Swimlane(lanes=lanes, steps=steps)


def setup(app: Sphinx) -> ExtensionMetadata:
    app.add_node(Swimlane, **VISITORS)
    app.add_node(TracedGame, **VISITORS)
    app.add_directive("swimlane", SwimlaneDirective)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
