"""Which mechanism is faster, as far as the launches can tell: a ranking, and ratios."""

from __future__ import annotations

from statistics import median

from ipc_cookbook.bench.document import CaseDocument, Document
from ipc_cookbook.bench.figures import Ratio, ratio_of


def sizes_of(document: Document) -> list[int]:
    return list(dict.fromkeys(case["payload_size"] for case in document["cases"]))


def ranking(document: Document, size: int) -> list[CaseDocument]:
    """The mechanisms at one size, fastest first, and the floor after them."""
    cases = [case for case in document["cases"] if case["payload_size"] == size]
    return sorted(cases, key=lambda case: (case["is_floor"], typical_ns(case)))


def is_batched(case: CaseDocument) -> bool:
    """Whether its times are means, whose spread says nothing of a single round trip."""
    return any(launch["batch"] > 1 for launch in case["round_trips"])


def typical_ns(case: CaseDocument) -> float:
    """The median over launches of the median round trip."""
    return median(typical_of_launches_ns(case).values())


def typical_of_launches_ns(case: CaseDocument) -> dict[int, int]:
    """The median round trip of each launch, by its round."""
    return {launch["round"]: launch["percentiles_ns"]["p50"] or 0 for launch in case["round_trips"]}


def times_as_fast(faster: CaseDocument, slower: CaseDocument, seed: int) -> Ratio | None:
    """By what factor, from the rounds in which both were launched; None if there is none."""
    ours, theirs = typical_of_launches_ns(faster), typical_of_launches_ns(slower)
    rounds = sorted(ours.keys() & theirs.keys())
    if not rounds:
        return None
    theirs_ns = [theirs[number] for number in rounds]
    ours_ns = [ours[number] for number in rounds]
    return ratio_of(theirs_ns, ours_ns, paired=True, seed=seed)
