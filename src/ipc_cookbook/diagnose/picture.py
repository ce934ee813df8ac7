"""A program over a second: who moved, who waits, and who can never go on."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator

from ipc_cookbook.diagnose.graph import Thread, Wait, stuck_threads
from ipc_cookbook.diagnose.looking import Look, any_of
from ipc_cookbook.diagnose.process import Counters, Process
from ipc_cookbook.diagnose.stacks import Stack

HOUSEKEEPING = (
    ("serve_forever", "multiprocessing/managers.py"),
    ("accepter", "multiprocessing/managers.py"),
    ("_serve", "multiprocessing/resource_sharer.py"),
    ("_end_with_caller", "ipc_cookbook/crew/guard.py"),
)
"""Threads that look after something by the clock, or serve whoever comes, and do no work of the
program's own: it is not alive because they are."""

ALARMS = {14, 26, 27}
"""Signals of timers, by Linux's numbers: SIGALRM, SIGVTALRM, SIGPROF."""

MESSAGES = {1, 10, 12, 15, 17, *range(34, 65)}
"""Signals by which a program is told something: SIGHUP, SIGUSR1, SIGUSR2, SIGTERM, SIGCHLD, and the
real-time ones. Ctrl-C is none: Python handles it always."""


class Picture:
    """Two looks and the stacks between them, put together.

    ``still`` are the threads that did not come to run between the looks. ``stuck`` are those
    that nobody can wake who could still run.
    """

    def __init__(
        self,
        look: Look,
        after: dict[int, dict[int, Counters]],
        stacks: dict[Thread, Stack],
        *,
        is_bystander: bool = True,
    ) -> None:
        self.look, self.stacks = look, stacks
        self.more_stacks: list[dict[Thread, Stack]] = []
        self.waits = {thread: self.with_stack(thread) for thread in look.waits}
        self.by_process: dict[int, list[Thread]] = defaultdict(list)
        for thread in self.waits:
            self.by_process[thread[0]].append(thread)
        self.still: set[Thread] = set()
        self.busy: set[Thread] = set()
        self.compare(look.counters, after)
        living = {thread for thread in self.waits if self.is_alive(thread)}
        unknown = {
            pid
            for pid in {other for wait in self.waits.values() for other in wait.others}
            if pid in look.all and (pid not in look.members or not look.all[pid].is_readable)
        }
        if not is_bystander:
            unknown.add(os.getpid())
        self.stuck = stuck_threads(self.waits, living, unknown) & self.still_or_idle()

    def compare(
        self, before: dict[int, dict[int, Counters]], after: dict[int, dict[int, Counters]]
    ) -> None:
        """See who has not moved in between, and who has run all the time."""
        for pid, tid in self.waits:
            then, now = before[pid].get(tid), after.get(pid, {}).get(tid)
            kind = self.waits[pid, tid].kind
            if then is None or now is None:
                has_moved = kind != "ended"
            elif kind == "stopped":  # maybe only since its counters were read
                has_moved = now.state not in "Tt"
            else:
                has_moved = then != now or kind == "run"
                if then.waited == now.waited and then.ran_ns < now.ran_ns:
                    self.busy.add((pid, tid))
            if not has_moved:
                self.still.add((pid, tid))

    def with_stack(self, thread: Thread) -> Wait:
        """What a thread waits for, told better by where it is in its program."""
        pid, _ = thread
        wait, program = self.look.waits[thread], self.look.program
        if self.is_housekeeping(thread):
            return wait._replace(wakers=any_of(program - {pid}), is_open=False)
        if wait.kind == "semaphore":
            late = {other for other in program if self.is_being_started(other)}
            return wait._replace(wakers=wait.wakers | any_of(late))
        return wait

    def is_housekeeping(self, thread: Thread) -> bool:
        if self.look.is_fork_server(thread[0]):
            return True
        stack = self.stack(thread)
        return any(stack.is_in(function, file) for function, file in HOUSEKEEPING)

    def is_being_started(self, pid: int) -> bool:
        """Whether it may still be given what it is to share."""
        if not self.look.is_started_anew(pid):
            return False
        return not self.stack((pid, pid)).is_in("_bootstrap", "multiprocessing/process.py")

    def is_alive(self, thread: Thread) -> bool:
        """Whether it needs nobody who is in the picture."""
        if self.is_housekeeping(thread):
            return False
        wait = self.waits[thread]
        if wait.kind in ("stopped", "ended"):
            return False
        pid, tid = thread
        is_told_to_end = wait.kind == "sigwait" and pid in self.look.roots
        if wait.is_open or is_told_to_end or thread not in self.still:
            return True
        if pid != tid:  # Python's handlers run in the main thread
            return False
        process = self.process(pid)
        if process.handles(ALARMS) or process.text("timers").strip():
            return True
        is_by_itself = wait.kind in ("lock", "event", "poll") or wait.others == {pid}
        return is_by_itself and process.handles(MESSAGES)

    def still_or_idle(self) -> set[Thread]:
        return self.still | {thread for thread in self.waits if self.is_housekeeping(thread)}

    # For the rules.

    def process(self, pid: int) -> Process:
        return self.look.all[pid]

    def stack(self, thread: Thread) -> Stack:
        return self.stacks.get(thread, Stack())

    def is_sometimes_in(self, thread: Thread, function: str, files: tuple[str, ...]) -> bool:
        """The same as its stack says, for a thread that runs: in one of several samples."""
        return any(
            stacks[thread].is_in(function, files)
            for stacks in [self.stacks, *self.more_stacks]
            if thread in stacks
        )

    def where(self, thread: Thread) -> str:
        return self.stack(thread).where()

    def threads_of(self, pid: int) -> list[Thread]:
        return self.by_process.get(pid, [])

    def waiting(self, *kinds: str, stuck: bool = False) -> Iterator[tuple[Thread, Wait]]:
        """The threads that stand still, and each thing of these kinds that they wait for.

        :param stuck: only those that nobody can wake.
        """
        for thread, wait in self.waits.items():
            is_asked_for = thread in (self.stuck if stuck else self.still)
            is_programs = not self.look.is_helper(thread[0]) and not self.is_housekeeping(thread)
            if is_asked_for and is_programs:
                for part in wait.all_parts:
                    if part.kind in kinds:
                        yield thread, part

    def is_dead(self, pid: int) -> bool:
        """Whether none of its threads can go on."""
        return pid not in self.look.all or (
            pid in self.look.members and all(each in self.stuck for each in self.threads_of(pid))
        )

    def reads(self, pid: int, of: str) -> bool:
        """Whether it waits to read from this."""
        return any(
            part.kind == "read" and part.on == of
            for thread in self.threads_of(pid)
            for part in self.waits[thread].all_parts
        )

    def chain(self, thread: Thread) -> list[Thread]:
        """The threads that this one waits for, those that these wait for, and so on; near first.

        Only those that stand still.
        """
        found, todo = [], [thread]
        seen = {thread}
        for each in todo:
            for pid, tid in sorted(self.waits[each].wakers, key=str):
                for other in self.threads_of(pid):
                    if other not in seen and other in self.still and tid in (None, other[1]):
                        seen.add(other)
                        found.append(other)
                        todo.append(other)
        return found
