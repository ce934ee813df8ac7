"""Why a game was not over in time: a look at its processes before they are ended."""

from __future__ import annotations

import sys
from collections.abc import Iterable

SECONDS = 0.2
"""Between the two looks. The deadline is over, and the caller waits."""


def why_it_hangs(pids: Iterable[int]) -> str | None:
    """The first line of a diagnosis of these processes.

    None if none is known to hang, or the extra ``diagnose`` is not installed.
    """
    if sys.platform != "linux":
        return None
    try:
        from ipc_cookbook.diagnose import NONE, diagnose

        diagnosis = diagnose(*pids, seconds=SECONDS, is_bystander=True)
    except Exception:  # psutil missing, or whatever it was: that the game is late is to be told
        return None
    return None if diagnosis.verdict == NONE else diagnosis.first_line()
