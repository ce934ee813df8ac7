"""Why a game is not over in time: a look at its processes shortly before they are ended."""

from __future__ import annotations

import sys
from collections.abc import Iterable

LEAD_S = 0.5
"""The look begins so long before the deadline. It takes a tenth of a second, or a few where there
is much to do: the error is not to be late for it, and a game that is over soon goes without.
"""

SECONDS = 0.05
"""Between the two looks that decide who moves."""


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
