"""``ipc_cookbook bench``: measure, print the table, and write the files."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Any

from ipc_cookbook.cli.bench_options import Options, add_options, plan_of
from ipc_cookbook.cli.bench_output import check_files, conclude, deliver
from ipc_cookbook.cli.extras import need

__all__ = ["DESCRIPTION", "EPILOG", "Options", "add_options", "run"]

DESCRIPTION = "Measure the recipes here. bench compare and bench plot work on what it wrote."
EPILOG = """\
examples:
  python -m ipc_cookbook bench                          all recipes, in two minutes
  python -m ipc_cookbook bench queue pipe --sizes 0     two of them, no payload
  python -m ipc_cookbook bench --carries bytes --place one,two
  python -m ipc_cookbook bench queue pipe --pace 1ms --room --syscalls
  python -m ipc_cookbook bench --json here.json --plot here.svg
  python -m ipc_cookbook bench compare before.json after.json --fail-above 1.1
  python -m ipc_cookbook bench plot here.json again.png

what is measured, always between two processes:
  a round trip, from the words that the players record, with both of them on one
  CPU, each on one of its own, and wherever the system puts them; context switches
  and CPU time; the start-up; messages one way, with one acknowledgement at the end.
  The same with bare system calls stands beside it for reference.
"""

NEEDED = ("numpy", "msgspec", "psutil", "rich.progress")
"""What is imported when all is measured; and by then it is too late to fail."""


def run(options: Options, results: list[dict[str, Any]]) -> int:
    need("bench", "bench", *NEEDED, elsewhere=True)
    check_files(options)
    planned, left_out = plan_of(options)
    if planned.with_system_calls:
        from ipc_cookbook.bench import system_calls

        system_calls.check()
    from ipc_cookbook.bench.machine import describe_machine
    from ipc_cookbook.bench.measure import measure
    from ipc_cookbook.render.progress import progress_on

    started, machine = datetime.now(UTC), describe_machine()
    progress = progress_on(None if options.quiet else sys.stderr)
    measurement = measure(planned, left_out, progress)

    from ipc_cookbook.bench import summary

    deliver(summary.build(measurement, machine, started), options)
    return conclude(measurement)
