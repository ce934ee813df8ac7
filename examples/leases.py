"""Tasks on lease: what may be handed out, what was answered, and what is overdue.

Nothing in here sends anything, so it serves any farm, whatever its workers are reached by.
"""

import time
from collections import Counter, deque


class Leases:
    """Tasks are numbers from 0. Each is answered once, or overdue so many times in the end."""

    def __init__(self, tasks: int, seconds: float, tries: int) -> None:
        self.seconds, self.tries = seconds, tries
        self.open = deque(range(tasks))
        self.given = Counter[int]()
        self.ends = dict[int, float]()  # when the lease of a task is over
        self.unanswered = set(range(tasks))

    def begin(self) -> int | None:
        """The next task to hand out, None if there is none at the moment. Its lease begins."""
        while self.open:
            task = self.open.popleft()
            if task in self.unanswered:  # it may have been, long after its lease
                self.given[task] += 1
                self.ends[task] = time.monotonic() + self.seconds
                return task
        return None

    def cancel(self, task: int) -> None:
        """It was not handed out after all."""
        self.given[task] -= 1
        del self.ends[task]
        self.open.appendleft(task)

    def answered(self, task: int) -> bool:
        """Note an answer. Is it the first one?"""
        is_first = task in self.unanswered
        self.unanswered.discard(task)
        self.ends.pop(task, None)
        return is_first

    def overdue(self) -> list[int]:
        """Tasks whose lease is over now. They are open again, or ``is_hopeless``."""
        over = [task for task, end in self.ends.items() if end <= time.monotonic()]
        for task in over:
            del self.ends[task]
            self.open.append(task)
        return over

    def is_hopeless(self, task: int) -> bool:
        """Whether it was handed out as often as it may be."""
        return self.given[task] >= self.tries
