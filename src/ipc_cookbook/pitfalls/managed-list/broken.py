"""d["a"].append(1) on a manager.dict() is lost.

:Asked as: nested list in manager dict, append to list inside shared dict, nested dict
    in manager dict not updated
:Cause: ``shared["a"]`` asks the manager's process for the list, and gets a copy of it.
    append changes the copy, and nobody else sees that.
:Fix: Assign it again, so that the new list goes to the manager: ``shared["a"] += [1]``.
    Or put a ``manager.list()`` inside.
:Affects: every start method
:Known as: python/cpython#76719
:Outcome: prints []; mended, it prints [1]
"""

from multiprocessing import Manager, Process
from typing import Any


def work(shared: Any) -> None:
    shared["a"].append(1)


if __name__ == "__main__":
    with Manager() as manager:
        shared: Any = manager.dict(a=[])
        process = Process(target=work, args=(shared,))
        process.start()
        process.join()
        print(shared["a"])
