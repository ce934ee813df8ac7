"""``ipc_cookbook pitfall``: run a program that fails, and the same one mended."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from ipc_cookbook import catalog, gallery
from ipc_cookbook.cli.extras import need
from ipc_cookbook.cli.options import Parser
from ipc_cookbook.cli.output import printable, verdict_line
from ipc_cookbook.cli.statuses import DONE, FAILED, UsageError
from ipc_cookbook.errors import TransportUnavailable
from ipc_cookbook.gallery import BROKEN, FIXED, Pitfall
from ipc_cookbook.game.arguments import choose_start_method
from ipc_cookbook.printing import remark, say
from ipc_cookbook.render.wording import aligned

if TYPE_CHECKING:
    from ipc_cookbook.gallery.watch import Ending

DESCRIPTION = "Run a program that fails, and the same one mended; without a name, list them."
EPILOG = ""


class Options(argparse.Namespace):
    pitfall: str | None
    show: bool
    diff: bool
    start_method: str | None
    quiet: bool
    json: bool


def add_options(parser: Parser) -> None:
    add = parser.add_argument
    add("pitfall", metavar="NAME", nargs="?", help="which one")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--show", action="store_true", help="print the program that fails")
    what.add_argument("--diff", action="store_true", help="print what mends it, as a patch")
    add(
        "--start-method",
        metavar="METHOD",
        help="fork, forkserver, or spawn (the first one under which it fails)",
    )
    add("--quiet", action="store_true", help="no verdict on standard error")


def run(options: Options, results: list[dict[str, Any]]) -> int:
    if options.pitfall is None:
        if options.show or options.diff or options.start_method:
            raise UsageError("--show, --diff and --start-method need the name of a pitfall")
        return list_all(options, results)
    pitfall = gallery.describe(options.pitfall)
    if options.show or options.diff:
        if options.start_method:
            raise UsageError("--start-method is for a run, not for --show or --diff")
        text = pitfall.broken if options.show else pitfall.difference()
        results.append(facts_of(pitfall) | {"text": text})
        if not options.json:
            say(text, end="")
        return DONE
    return run_both(pitfall, options, results)


def list_all(options: Options, results: list[dict[str, Any]]) -> int:
    results += [facts_of(pitfall) for pitfall in gallery.all_pitfalls()]
    if not options.json:
        rows = [(each["name"], each["symptom"]) for each in results]
        head, *lines = aligned([("NAME", "SYMPTOM"), *rows], line_width=10_000)
        said, numbers = [head], iter(lines)
        for chapter, members in catalog.PITFALLS.items():
            said += ["", chapter, *(next(numbers) for _ in members)]
        say("\n".join(said))
    return DONE


def facts_of(pitfall: Pitfall) -> dict[str, Any]:
    return {
        "name": pitfall.name,
        "symptom": pitfall.symptom,
        "messages": pitfall.messages,
        "cause": pitfall.fields["Cause"],
        "fix": pitfall.fields["Fix"],
        "affects": pitfall.fields["Affects"],
        "known_as": pitfall.threads,
        "outcome": pitfall.outcome,
        "outcome_mended": pitfall.outcome_mended,
    }


def run_both(pitfall: Pitfall, options: Options, results: list[dict[str, Any]]) -> int:
    choose_start_method(options.start_method)  # or it is none
    if reason := pitfall.why_not_here(options.start_method):
        raise TransportUnavailable(reason)
    need("pitfall", "pitfall", "psutil")
    from ipc_cookbook.gallery.watch import NoSmallMemory, watch

    method = options.start_method or pitfall.start_methods[0]
    endings, looks = [], []

    def look(pid: int) -> None:
        looks.append(diagnosed(pid))

    for file, text in (BROKEN, pitfall.broken), (FIXED, pitfall.fixed):
        try:
            ending = watch(
                text,
                method,
                name=file,
                shared_memory_mib=pitfall.shared_memory_mib,
                look=look if file == BROKEN else None,
            )
        except NoSmallMemory as error:
            raise TransportUnavailable(f"{pitfall.name} cannot be shown here: {error}") from None
        endings.append(ending)
        if not options.json:
            say(told(file, method, ending))
    broken, fixed = endings
    failed, mended = broken.shows(pitfall.outcome), is_mended(pitfall, fixed)
    results.append(
        {
            "name": pitfall.name,
            "start_method": method,
            "outcome": pitfall.outcome,
            "as_taught": failed,
            "mended": mended,
            "diagnosis": looks[0] if looks else None,
            "broken": broken._asdict(),
            "fixed": fixed._asdict(),
        }
    )
    if not options.quiet:
        why = looks[0]["hang"] if looks and looks[0] else None
        text = f"{verdict_broken(pitfall, broken, why)}; {verdict_fixed(pitfall, fixed)}"
        remark(verdict_line(sys.stderr, pitfall.name, text, went_well=failed and mended))
    return DONE if failed and mended else FAILED


def diagnosed(pid: int) -> dict[str, Any] | None:
    """The first thing that a look at it says, None where there is no such look."""
    if sys.platform != "linux":
        return None
    from ipc_cookbook.diagnose import diagnose

    try:
        diagnosis = diagnose(pid)
    except ValueError:  # it has ended just now
        return None
    finding = diagnosis.findings[0] if diagnosis.findings else None
    return {
        "verdict": diagnosis.verdict,
        "hang": f"{finding.grade}: {finding.cause}" if finding else diagnosis.verdict,
        "pitfall": finding.pitfall if finding else None,
        "why": finding.why if finding else None,
    }


def is_mended(pitfall: Pitfall, ending: Ending) -> bool:
    ends_well = ending.shows(pitfall.outcome_mended) and not ending.shows(pitfall.outcome)
    return ends_well and not ending.left


def told(file: str, method: str, ending: Ending) -> str:
    """What a program said, and what it left."""
    lines = [f"==> {file}, started by {method} <=="]
    lines += [printable(line) for line in ending.output.splitlines()] or ["(it says nothing)"]
    if ending.left:
        lines.append(f"(left behind, and taken away: {', '.join(ending.left)})")
    return "\n".join(lines)


def verdict_broken(pitfall: Pitfall, ending: Ending, why: str | None) -> str:
    if not ending.shows(pitfall.outcome):
        return f"{happened(ending)}, and not as taught: {pitfall.outcome}"
    seen = f"; {why}" if why else ""
    still = f" ({nobody_moved()}{seen})" if ending.hung else ""
    return f"{pitfall.outcome}, as taught{still}"


def verdict_fixed(pitfall: Pitfall, ending: Ending) -> str:
    if is_mended(pitfall, ending):
        return f"mended: {pitfall.outcome_mended} in {ending.seconds:.1f} s"
    leaves = f", and leaves {', '.join(ending.left)}" if ending.left else ""
    return f"not mended: {happened(ending)}{leaves}"


def happened(ending: Ending) -> str:
    if ending.hung:
        return f"hangs ({nobody_moved()})"
    if ending.status is None:
        return f"was still moving after {ending.seconds:.0f} s"
    return f"ends with status {ending.status}"


def nobody_moved() -> str:
    from ipc_cookbook.gallery.watch import STILL_S

    return f"nobody moved for {STILL_S:g} s"
