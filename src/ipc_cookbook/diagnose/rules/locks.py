"""Rules on locks: between processes, of files, and inside a process."""

from __future__ import annotations

from collections.abc import Iterator

from ipc_cookbook.diagnose.graph import Thread, Wait
from ipc_cookbook.diagnose.looking import pids
from ipc_cookbook.diagnose.picture import Picture
from ipc_cookbook.diagnose.rules.rule import Clue, Found, rule, waits


def locks_waited_for(picture: Picture) -> Iterator[tuple[list[Thread], Wait]]:
    """Each lock of multiprocessing, and all who wait for it."""
    seen = set()
    for _, wait in picture.waiting("semaphore"):
        if wait.on not in seen and wait.semaphore and wait.semaphore.is_lock:
            seen.add(wait.on)
            same = [each for each, other in picture.waiting("semaphore") if other.on == wait.on]
            yield same, wait


@rule(
    "lock holder died",
    "notice workers that die (exitcode, sentinel), then start all anew who share the lock",
    "lock-holder-dies",
)
def holder_died(picture: Picture) -> Found:
    for threads, wait in locks_waited_for(picture):
        semaphore = wait.semaphore
        is_lost = semaphore and semaphore.is_searched and not semaphore.holders
        if semaphore and is_lost and semaphore.value == 0:
            yield Clue(
                f"{waits(threads)} for a lock of multiprocessing; its value is 0, yet none of the "
                f"{len(semaphore.sharers)} living processes that share it holds it",
                threads,
            )


@rule("lock taken twice", "use RLock, or release it before it is taken again")
def taken_twice(picture: Picture) -> Found:
    for threads, wait in locks_waited_for(picture):
        for thread in threads:
            is_holder = wait.semaphore and thread[0] in wait.semaphore.holders
            if is_holder and is_alone(picture, thread) and thread in picture.stuck:
                yield Clue(
                    f"pid {thread[0]} waits for a lock of multiprocessing that it holds itself",
                    [thread],
                )


@rule("order of locks", "take the locks in the same order everywhere")
def order_of_locks(picture: Picture) -> Found:
    held = [
        (thread, holder)
        for threads, wait in locks_waited_for(picture)
        for thread in threads
        for holder in (wait.semaphore.holders if wait.semaphore else ())
    ]
    for thread, holder in held:
        for other, its_holder in held:
            if thread[0] < other[0] and holder == other[0] and its_holder == thread[0]:
                yield Clue(
                    f"pid {thread[0]} waits for a lock that pid {holder} holds, and pid {holder} "
                    f"for one that pid {its_holder} holds",
                    [thread, other],
                )


@rule("file lock not released", "release it in finally, or close the file")
def file_lock(picture: Picture) -> Found:
    for thread, wait in picture.waiting("file lock"):
        if thread in picture.stuck and wait.others:
            yield Clue(
                f"pid {thread[0]} {wait.text}, which {pids(wait.others)} holds and does not let go",
                [thread],
            )


def is_alone(picture: Picture, thread: Thread) -> bool:
    return len(picture.threads_of(thread[0])) == 1


def locked_alone(picture: Picture) -> Iterator[tuple[Thread, bool]]:
    """Who waits for a lock in a process of one thread, and whether it was forked off another."""
    for thread, _ in picture.waiting("lock"):
        process = picture.process(thread[0])
        if thread in picture.stuck and is_alone(picture, thread):
            parent = picture.look.all.get(process.parent)
            is_forked = parent is not None and parent.command == process.command
            yield thread, is_forked and not picture.look.is_fork_server(process.parent)


@rule(
    "fork with a held lock",
    "start processes before threads, or by spawn or forkserver",
    "fork-with-threads",
)
def forked_with_lock(picture: Picture) -> Found:
    for thread, is_forked in locked_alone(picture):
        if is_forked:
            parent = picture.process(thread[0]).parent
            yield Clue(
                f"pid {thread[0]} waits for a lock inside its process, and has no other thread "
                f"that could release it: it was forked off pid {parent} while it was held there",
                [thread],
            )


@rule("lock taken twice", "use RLock, or release it before it is taken again")
def taken_twice_inside(picture: Picture) -> Found:
    for thread, is_forked in locked_alone(picture):
        stack = picture.stack(thread)
        is_result = stack.is_in("wait", "threading.py") or stack.is_in("get", "queue.py")
        if not is_forked and stack.frames and not is_result:
            yield Clue(
                f"pid {thread[0]} waits for a lock inside its process, and has no other thread: "
                "it took it before, or a thread did that has ended",
                [thread],
            )


@rule("threads wait for one another", "take the locks in the same order everywhere")
def threads_in_a_ring(picture: Picture) -> Found:
    for pid in picture.look.members:
        threads = picture.threads_of(pid)
        waiting = [each for each in threads if picture.waits[each].kind == "lock"]
        at = [picture.where(each) for each in waiting]
        with_lines = [
            each for each in waiting if not picture.stack(each).is_in("join", "threading.py")
        ]
        is_ring = waiting == threads and all(each in picture.stuck for each in threads)
        if len(with_lines) > 1 and is_ring and all(at):
            lines = "; ".join(dict.fromkeys(at))
            yield Clue(
                f"all threads of pid {pid} wait for locks of their process: {lines}", threads
            )
