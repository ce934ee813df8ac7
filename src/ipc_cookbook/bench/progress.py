"""How far it is and how long it will take, on standard error."""

from __future__ import annotations

import shutil
import time
from typing import TextIO

BAR_WIDTH = 30
LINE_WIDTH = 79
LINES_APART_S = 5.0


class Progress:
    """A bar on a terminal, and elsewhere a plain line every few seconds.

    :param stream: None to say nothing.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self.stream = stream
        self.said_s = 0.0
        self.is_bar = stream is not None and stream.isatty()

    def begin(self, activity: str, total: int) -> None:
        self.activity, self.total, self.done = activity, total, 0
        self.begun_s = time.monotonic()
        self.show("")

    def step(self) -> None:
        """One more is done."""
        self.done += 1
        now_s = time.monotonic()
        left_s = (now_s - self.begun_s) / self.done * (self.total - self.done)
        if self.is_bar or now_s - self.said_s >= LINES_APART_S:
            self.show(f", {span(left_s)} left")

    def end(self) -> None:
        """Clear the bar."""
        if self.is_bar:
            self.print_over("")

    def show(self, time_left: str) -> None:
        if self.is_bar:
            filled = BAR_WIDTH * self.done // max(1, self.total)
            bar = "#" * filled + "." * (BAR_WIDTH - filled)
            self.print_over(f"{self.activity} [{bar}] {self.done}/{self.total}{time_left}")
        elif self.stream is not None:
            line = f"{self.activity}: {self.done} of {self.total}{time_left}"
            print(line, file=self.stream, flush=True)
            self.said_s = time.monotonic()

    def print_over(self, text: str) -> None:
        """Put the text in the place of the one before, and the cursor at its end."""
        width = min(LINE_WIDTH, shutil.get_terminal_size().columns - 1)
        text = text[:width]
        print(f"\r{text:{width}}\r{text}", end="", file=self.stream, flush=True)


def span(seconds: float) -> str:
    """A length of time for people: ``"48 s"``, ``"1 min 10 s"``."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
