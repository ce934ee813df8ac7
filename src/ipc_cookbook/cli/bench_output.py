"""What ``bench`` gives out: its table, its files, and what went wrong."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import TYPE_CHECKING

from ipc_cookbook.bench.measure import Measurement
from ipc_cookbook.cli.bench_options import Options
from ipc_cookbook.cli.extras import need
from ipc_cookbook.cli.output import complain, write_file
from ipc_cookbook.cli.statuses import DONE, FAILED, UsageError, status_of
from ipc_cookbook.printing import say
from ipc_cookbook.render import files

if TYPE_CHECKING:
    from ipc_cookbook.bench.document import Document

PAINTERS = (
    "numpy",
    "matplotlib.figure",
    *(f"matplotlib.backends.backend_{name}" for name in ("agg", "pdf", "svg")),
)
"""What is imported to draw with."""

PICTURES = (".svg", ".png", ".pdf")


def check_files(options: Options) -> None:
    """See that all of them can be written."""
    paths = [path for path in (options.json, options.csv, options.plot) if path is not None]
    if options.plot is not None:
        need("plot", "--plot", *PAINTERS, elsewhere=True)
        files.check_target(options.plot, PICTURES)
    for path in paths:
        files.check_target(path)
    if len({os.path.realpath(path) for path in paths}) < len(paths):
        raise UsageError("--json, --csv, and --plot must name different files")


def deliver(document: Document, options: Options) -> None:
    """Print the table and write the files, each whatever becomes of the others."""
    from ipc_cookbook.bench.document import dump
    from ipc_cookbook.render.bench_csv import as_csv
    from ipc_cookbook.render.bench_table import as_text

    has_figures = bool(document["cases"])
    with ExitStack() as afterwards:
        if options.plot and has_figures:
            afterwards.callback(write_picture, document, options.plot)
        if options.csv:
            afterwards.callback(write_file, options.csv, as_csv(document))
        if options.json:
            afterwards.callback(write_file, options.json, dump(document))
        say(as_text(document) if has_figures else "nothing was measured")


def write_picture(document: Document, path: str) -> None:
    from ipc_cookbook.render import bench_picture

    write_file(path, bench_picture.draw(document, path))


def conclude(measurement: Measurement) -> int:
    """Complain of each mechanism's first failure, and return the exit status."""
    for failed in {each.case.mechanism: each for each in measurement.failures[::-1]}.values():
        complain(f"{failed.case.mechanism.name} with {failed.case.size} B: {failed.error}")
    if measurement.failures:
        return FAILED
    return status_of(measurement.interruption) if measurement.interruption else DONE
