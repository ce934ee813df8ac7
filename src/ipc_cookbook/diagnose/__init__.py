"""Who waits for whom in a program that hangs, seen from outside.

It reads what the kernel says of each thread (which system call it sleeps in, at which pipe, socket
or semaphore), finds out who has the other end, and takes the Python stacks from py-spy. From that
comes a graph: which thread could wake which. Whoever can be woken by nobody who can still run
*hangs*; a rule for each cause says why.

Nothing is stopped, signalled or written, and no code runs in the program. Linux only.

Where it cannot see enough (who will open a FIFO, or connect; what another user's process does), it
does not say that the program hangs. Three things nobody can see from outside, and it does not
reckon with them: that a signal will be sent, an alarm whose signal has no handler and so ends the
process, and a timeout that was set on a socket by ``SO_RCVTIMEO`` or ``SO_SNDTIMEO``. Those of
``socket.settimeout`` it sees.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ipc_cookbook.errors import BadValue, TransportUnavailable

if TYPE_CHECKING:
    from ipc_cookbook.diagnose.picture import Picture

HUNG, LIKELY, NONE = "HUNG", "LIKELY", "no hang found"
SECONDS = 1.0
SAMPLES, MOST_SAMPLED = 5, 4
"""Further stacks of whoever runs all the time, and of how many processes at most."""


class Finding(NamedTuple):
    """A cause that was found.

    ``grade`` is ``"HUNG"`` if nobody who could wake these processes can still run, else
    ``"LIKELY"``. ``pitfall`` is the name of the pitfall that shows it, None if there is none.
    """

    grade: str
    cause: str
    why: str
    fix: str
    pitfall: str | None
    pids: list[int]


class ThreadSeen(NamedTuple):
    """What one thread did. ``where`` is its line in the Python program, "" if it is not known."""

    pid: int
    thread: int
    name: str
    waits: str
    waits_for: list[int]
    where: str
    is_stuck: bool


class ProcessSeen(NamedTuple):
    pid: int
    parent: int
    command: str
    threads: list[ThreadSeen]


class Diagnosis(NamedTuple):
    """What came of a look at a program.

    ``verdict`` is ``"HUNG"``, ``"LIKELY"`` or ``"no hang found"``. ``notes`` say what could not be
    seen, and what to do about it. ``seconds`` is how long it took.
    """

    verdict: str
    findings: list[Finding]
    processes: list[ProcessSeen]
    notes: list[str]
    seconds: float

    def first_line(self) -> str:
        """The verdict in a line."""
        if not self.findings:
            return f"{self.verdict}: somebody can still wake it, or time will"
        finding = self.findings[0]
        shows = f" (pitfall: {finding.pitfall})" if finding.pitfall else ""
        return f"{finding.grade}: {finding.cause}{shows}: {finding.why}"


def diagnose(*pids: int, seconds: float = SECONDS, is_bystander: bool = False) -> Diagnosis:
    """Look at a program: the processes of these ids, and all that they have started.

    :param pids: process ids, one or more.
    :param seconds: between the two looks that decide who moves.
    :param is_bystander: whether this process will not wake any of them itself, although it may have
        ends of their pipes.
    :raises ValueError: an argument is out of range, or there is no such process.
    :raises TransportUnavailable: this system is not Linux.
    """
    if sys.platform != "linux":
        raise TransportUnavailable(f"diagnose takes Linux, and this is {sys.platform}")
    if not 0 < seconds <= 3600:
        raise BadValue(f"seconds must be more than 0, and no more than 3600, not {seconds}")
    check(pids)
    from ipc_cookbook.diagnose.looking import Look
    from ipc_cookbook.diagnose.picture import Picture
    from ipc_cookbook.diagnose.stacks import py_spy, stacks_of

    began_s = time.monotonic()
    look = Look(pids, seconds)
    stacks = stacks_of(look.one_of_each())
    time.sleep(max(0.0, began_s + seconds - time.monotonic()))
    after = {pid: process.counters() for pid, process in look.members.items()}
    check(pids)  # nothing can be said of one that has ended meanwhile
    picture = Picture(look, after, stacks, is_bystander=is_bystander)
    running = [look.all[pid] for pid in {pid for pid, _ in picture.busy}][:MOST_SAMPLED]
    picture.more_stacks = [stacks_of(running) for _ in range(SAMPLES if running else 0)]
    findings = judged(picture)
    if not stacks and any(process.is_python for process in look.members.values()):
        look.notes.append(
            "no Python stacks: pip install 'ipc_cookbook[diagnose]'"
            if py_spy() is None
            else "no Python stacks: py-spy may not look at it, or does not know its Python"
        )
    if look.is_coarse:
        look.notes.append(
            "this user may not trace the program, so much of it is guessed: run as root, or "
            "sysctl kernel.yama.ptrace_scope=0"
        )
    if look.is_foreign:
        look.notes.append(
            "it was started by another user's process, which may have ends of its pipes: at most "
            "LIKELY; run as root to see"
        )
    verdict = findings[0].grade if findings else NONE
    return Diagnosis(verdict, findings, seen(picture), look.notes, time.monotonic() - began_s)


def check(pids: Iterable[int]) -> None:
    """:raises ValueError: one of these cannot be looked at."""
    from ipc_cookbook.diagnose.process import Process

    if not pids:
        raise BadValue("there must be a process id")
    for pid in pids:
        process = Process(pid, 0)
        if pid <= 0 or not Path(f"/proc/{pid}/stat").exists():
            raise BadValue(f"there is no process with the id {pid}")
        if process.state() in "ZX" and len(process.threads()) < 2:
            raise BadValue(f"process {pid} has ended; its parent has not waited for it yet")
        if pid == os.getpid():
            raise BadValue(f"process {pid} is the one that looks")
        if (leader := process.field("status", "Tgid")) not in ("", str(pid)):
            raise BadValue(f"{pid} is a thread of process {leader}: give that one")
        if not process.is_readable:
            raise BadValue(f"process {pid} is another user's: run as that user, or as root")


def judged(picture: Picture) -> list[Finding]:
    """What the rules find, the surest first, with how sure it is.

    HUNG is said if all threads that it is about are stuck, and the program's own main threads as
    well: a program that goes on may yet end its processes, or start them anew.
    """
    from ipc_cookbook.diagnose.looking import pids
    from ipc_cookbook.diagnose.rules import RULES

    mains = {(pid, pid) for pid in picture.look.roots}
    is_hung = mains <= picture.stuck and not picture.look.is_coarse and not picture.look.is_foreign
    findings: list[Finding] = []
    explained: set[tuple[int, int]] = set()
    for rule in RULES:
        for why, threads in rule.find(picture):
            if not explained >= {*threads}:
                explained |= {*threads}
                grade = HUNG if is_hung and {*threads} <= picture.stuck else LIKELY
                numbers = sorted({pid for pid, _ in threads})
                findings.append(Finding(grade, rule.cause, why, rule.fix, rule.pitfall, numbers))
    if is_hung and not any(finding.grade == HUNG for finding in findings):
        around = [each for main in sorted(mains) for each in [main, *picture.chain(main)]]
        why = "; ".join(f"pid {pid} {picture.waits[pid, tid].text}" for pid, tid in around[:4])
        more = f"; and so on, {pids(pid for pid, _ in around)}" if len(around) > 4 else ""
        numbers = sorted({pid for pid, _ in around})
        fix = "look at the lines below: whoever should wake the others waits as well"
        findings.append(Finding(HUNG, "all wait for one another", why + more, fix, None, numbers))
    return sorted(findings, key=lambda finding: finding.grade != HUNG)


def seen(picture: Picture) -> list[ProcessSeen]:
    """All processes that were looked at, the program's own first."""
    order = sorted(picture.look.members, key=lambda pid: (pid not in picture.look.program, pid))
    return [
        ProcessSeen(
            pid,
            picture.process(pid).parent,
            " ".join(" ".join(picture.process(pid).command).split()),
            [
                ThreadSeen(
                    *thread,
                    name_of(picture, thread),
                    picture.waits[thread].text,
                    sorted(picture.waits[thread].others - {picture.waits[thread].child, pid}),
                    picture.where(thread),
                    thread in picture.stuck,
                )
                for thread in picture.threads_of(pid)
            ],
        )
        for pid in order
    ]


def name_of(picture: Picture, thread: tuple[int, int]) -> str:
    pid, tid = thread
    if name := picture.stack(thread).name:
        return name
    return "MainThread" if pid == tid else picture.process(pid).name_of(tid)
