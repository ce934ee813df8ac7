"""The words for what was seen: the verdict first, then a line for each thread."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from ipc_cookbook.diagnose import NONE, Diagnosis, Finding, ProcessSeen, ThreadSeen
from ipc_cookbook.diagnose.looking import pids
from ipc_cookbook.diagnose.process import kind_of

WIDTH = 90
MOST_OF_COMMAND = 60
MOST_ALIKE = 3
"""Processes that do the same are told as one from here on."""


def told(diagnosis: Diagnosis) -> str:
    parts = [told_finding(each) for each in diagnosis.findings] or [
        f"{NONE}: somebody can still wake it, or time will"
    ]
    parts.append("\n".join(told_processes(diagnosis.processes)))
    parts += ["\n".join(f"note: {note}" for note in diagnosis.notes)] if diagnosis.notes else []
    return "\n\n".join(parts)


def told_finding(finding: Finding) -> str:
    shows = f"\n  pitfall: {finding.pitfall}" if finding.pitfall else ""
    why = textwrap.fill(
        f"{finding.why}.",
        WIDTH,
        initial_indent="  ",
        subsequent_indent="  ",
        break_on_hyphens=False,
    )
    fix = textwrap.fill(
        finding.fix,
        WIDTH,
        initial_indent="  -> ",
        subsequent_indent="     ",
        break_on_hyphens=False,
    )
    return f"{finding.grade}: {finding.cause}\n{why}\n{fix}{shows}"


def told_processes(processes: list[ProcessSeen]) -> Iterator[str]:
    alike: dict[tuple[object, ...], list[ProcessSeen]] = {}
    for process in processes:
        does = tuple(each.waits for each in process.threads)
        alike.setdefault((process.parent, kind_of(process.command), does), []).append(process)
    for group in alike.values():
        if len(group) < MOST_ALIKE:
            for process in group:
                yield f"pid {process.pid} (child of {process.parent})  {shortened(process.command)}"
                yield from map(told_thread, process.threads)
        else:
            who = pids(each.pid for each in group)
            yield f"{who} (children of {group[0].parent}), alike  {shortened(group[0].command)}"
            yield from map(told_thread, group[0].threads)


def shortened(command: str) -> str:
    """The beginning of a command, whose program is named without its folder."""
    program, _, rest = command.partition(" ")
    return f"{program.rpartition('/')[2]} {rest}"[:MOST_OF_COMMAND].rstrip()


def told_thread(thread: ThreadSeen) -> str:
    whom = f" <- {pids(thread.waits_for)}" if thread.waits_for else ""
    goes_on = "" if thread.is_stuck else "  [can go on]"
    line = textwrap.fill(
        f"{thread.name:20} {thread.waits}{whom}{goes_on}",
        WIDTH,
        initial_indent="  ",
        subsequent_indent=" " * 25,
        break_on_hyphens=False,
        break_long_words=False,
    )
    return f"{line}\n{'':23}at {thread.where}" if thread.where else line
