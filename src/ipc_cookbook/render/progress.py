"""How far it is and how long it will take, on standard error."""

from __future__ import annotations

import time
from importlib.util import find_spec
from typing import TextIO

from ipc_cookbook.printing import lenient

LINES_APART_S = 5.0


class Silence:
    """Says nothing."""

    def begin(self, activity: str, total: int) -> None:
        pass

    def step(self) -> None:
        pass

    def end(self) -> None:
        pass


class Lines(Silence):
    """A plain line every few seconds."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def begin(self, activity: str, total: int) -> None:
        self.activity, self.total, self.done = activity, total, 0
        self.begun_s = time.monotonic()
        self.say("")

    def step(self) -> None:
        self.done += 1
        now_s = time.monotonic()
        left_s = (now_s - self.begun_s) / self.done * (self.total - self.done)
        if now_s - self.said_s >= LINES_APART_S:
            self.say(f", {span(left_s)} left")

    def say(self, time_left: str) -> None:
        line = f"{self.activity}: {self.done} of {self.total}{time_left}"
        with lenient(self.stream):
            print(line, file=self.stream, flush=True)
        self.said_s = time.monotonic()


class Bar:
    """A bar on a terminal, drawn by rich at every step: a thread of its own would be forked."""

    def __init__(self, stream: TextIO) -> None:
        from rich import progress
        from rich.console import Console

        self.bar = progress.Progress(
            progress.TextColumn("{task.description}"),
            progress.BarColumn(),
            progress.MofNCompleteColumn(),
            progress.TimeRemainingColumn(),
            progress.TextColumn("left"),
            console=Console(file=stream),
            auto_refresh=False,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self.task: progress.TaskID | None = None

    def begin(self, activity: str, total: int) -> None:
        if self.task is not None:
            self.bar.remove_task(self.task)
        self.task = self.bar.add_task(activity, total=total)
        self.bar.start()
        self.bar.refresh()

    def step(self) -> None:
        assert self.task is not None
        self.bar.update(self.task, advance=1, refresh=True)

    def end(self) -> None:
        self.bar.stop()


def progress_on(stream: TextIO | None) -> Silence | Bar:
    """A bar on a terminal if rich is installed, and else lines; nothing without a stream."""
    if stream is None:
        return Silence()
    if stream.isatty() and find_spec("rich"):
        bar = Bar(stream)
        if bar.bar.console.is_interactive:  # not where the cursor cannot be moved
            return bar
    return Lines(stream)


def span(seconds: float) -> str:
    """A length of time for people: ``"48 s"``, ``"1 min 10 s"``."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
