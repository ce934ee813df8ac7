"""``ipc_cookbook bench --listen`` and ``--connect``: measure between two hosts."""

from __future__ import annotations

import functools
import sys
from datetime import UTC, datetime

from ipc_cookbook.cli.bench_options import Options, plan_of
from ipc_cookbook.cli.bench_output import check_files, conclude, deliver
from ipc_cookbook.cli.extras import need
from ipc_cookbook.cli.output import report_progress
from ipc_cookbook.cli.statuses import DONE, UsageError
from ipc_cookbook.hosts.bench import answer, measure_with_host
from ipc_cookbook.hosts.remote import name_of, reaching_hosts, where


def run(options: Options) -> int:
    options.recipes = options.recipes or reaching_hosts()
    for name in options.recipes:
        name_of(name)
    return answer_caller(options) if options.listen is not None else measure(options)


def answer_caller(options: Options) -> int:
    """Play along until the other side has measured enough."""
    if any(path is not None for path in (options.json, options.csv, options.plot)):
        raise UsageError("--json, --csv, and --plot are for the side that connects")
    planned, _ = plan_of(options)
    place = where(options.listen, None, options.keys)
    if place[1].port == 0:
        raise UsageError("bench --listen needs a port of its own, not 0")
    tell = None if options.quiet else functools.partial(report_progress, "bench")
    launches, peer = answer(place, options.recipes[0], planned, tell)
    if tell:
        tell(f"{launches} games with {peer.address}")
    return DONE


def measure(options: Options) -> int:
    need("bench", "bench")
    check_files(options)
    planned, left_out = plan_of(options)
    place = where(None, options.connect, options.keys)

    from ipc_cookbook.bench.machine import describe_machine
    from ipc_cookbook.render.progress import progress_on

    started, machine = datetime.now(UTC), describe_machine()
    progress = progress_on(None if options.quiet else sys.stderr)
    tell = functools.partial(report_progress, "bench")
    measurement, network = measure_with_host(place, planned, left_out, progress, tell)

    from ipc_cookbook.bench import document as documents
    from ipc_cookbook.bench import summary

    document = summary.build(measurement, machine, started)
    document["network"] = network
    deliver(documents.check(document), options)
    return conclude(measurement)
