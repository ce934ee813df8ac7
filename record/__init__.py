"""What the pages show of runs: how each is recorded, and whether it is as its sources are.

    python -m record                   say of each recording whether it is stale, and why
    python -m record NAME ...          record these anew
    python -m record all               all of them, in half an hour, on a machine that is left alone

All but ``bench-newest`` under the oldest Python that this is for; that one under the newest.
The faults are played with the transports of the tests, and two hosts are their namespaces.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "docs" / "_data"

for _folder in ("tests", "tests/hosts", "tests/recipes"):
    if str(ROOT / _folder) not in sys.path:
        sys.path.append(str(ROOT / _folder))
