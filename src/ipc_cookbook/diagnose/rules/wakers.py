"""Rules on semaphores, events, conditions and barriers."""

from __future__ import annotations

from ipc_cookbook.diagnose.graph import Thread
from ipc_cookbook.diagnose.looking import pids
from ipc_cookbook.diagnose.picture import Picture
from ipc_cookbook.diagnose.rules.rule import Clue, Found, rule, waits


def synchronizer(picture: Picture, thread: Thread) -> str:
    stack = picture.stack(thread)
    waiting = [
        each
        for each in stack.frames
        if each.function == "wait" and each.file.endswith("multiprocessing/synchronize.py")
    ]
    if stack.is_in("_wait", "threading.py") or stack.is_in("_enter", "threading.py"):
        return "Barrier"
    if waiting:
        return "Event" if len(waiting) > 1 else "Condition"
    return "Semaphore"


@rule(
    "nobody is left to wake it",
    "keep what is waited for in shared state, and test it under the lock (wait_for); "
    "notice processes that die",
)
def no_waker(picture: Picture) -> Found:
    seen = set()
    for thread, wait in picture.waiting("semaphore"):
        semaphore = wait.semaphore
        if semaphore and thread in picture.stuck and wait.on not in seen:
            seen.add(wait.on)
            same = [each for each, other in picture.waiting("semaphore") if other.on == wait.on]
            kind = "Lock" if semaphore.is_lock else synchronizer(picture, thread)
            why = {
                "Event": "set it: it was set and cleared before, or never",
                "Condition": "notify it: it was notified before the wait began, or never",
                "Barrier": "come to it: a party of it died, or waits for something else",
            }.get(kind, "release it")
            yield Clue(
                f"{waits(same)} for a multiprocessing {kind}; nobody of those who share it "
                f"({pids(semaphore.sharers)}) can go on to {why}",
                same,
            )
