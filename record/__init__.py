"""What the pages show of runs: how each is recorded, and whether it is as its sources are.

    python -m record                   say of each recording whether it is stale, and why
    python -m record NAME ...          record these anew
    python -m record all               all of them, in half an hour, on a machine that is left alone

All under the oldest Python that this is for, but for ``bench-newest`` and ``transcripts-newest``:
those two under the newest, each by its name.
The faults are played with the transports of the tests, and two hosts are their namespaces.
"""

from __future__ import annotations

import sys
from pathlib import Path

from ipc_cookbook import PingPongError

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "docs" / "_data"

for _folder in ("tests", "tests/hosts", "tests/recipes"):
    if str(ROOT / _folder) not in sys.path:
        sys.path.append(str(ROOT / _folder))


def feature(version: str) -> tuple[int, ...]:
    """``(3, 14)`` for 3.14.2: another release of it is taken to do the same."""
    return tuple(map(int, version.split(".")[:2]))


def check_newer(what: str, version: str) -> None:
    """See that this Python is newer than the one under which something was recorded.

    :raises PingPongError: it is not.
    """
    if sys.version_info[:2] <= feature(version):
        raise PingPongError(f"record it under a newer Python than {what}: {version}")
