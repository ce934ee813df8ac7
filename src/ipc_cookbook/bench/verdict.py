"""Which mechanism is faster, as far as the launches can tell."""

from __future__ import annotations

from itertools import pairwise
from statistics import median

from ipc_cookbook.bench.document import CaseDocument, Document
from ipc_cookbook.bench.figures import ENOUGH_LAUNCHES, Ratio, ratio_of
from ipc_cookbook.bench.wording import counted, duration_text, ratio_text, size_text


def sizes_of(document: Document) -> list[int]:
    return list(dict.fromkeys(case["payload_size"] for case in document["cases"]))


def ranking(document: Document, size: int) -> list[CaseDocument]:
    """The mechanisms at one size, fastest first, and the floor after them."""
    cases = [case for case in document["cases"] if case["payload_size"] == size]
    return sorted(cases, key=lambda case: (case["is_floor"], typical_ns(case)))


def is_batched(case: CaseDocument) -> bool:
    """Whether its times are means, whose spread says nothing of a single exchange."""
    return any(launch["batch"] > 1 for launch in case["round_trips"])


def typical_ns(case: CaseDocument) -> float:
    """The median over launches of the median exchange."""
    return median(typical_of_launches_ns(case).values())


def typical_of_launches_ns(case: CaseDocument) -> dict[int, int]:
    """The median exchange of each launch, by its round."""
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


def order(ranked: list[CaseDocument], document: Document) -> str:
    """All mechanisms in one line, with ``?`` between neighbours that cannot be told apart."""
    named = [case for case in ranked if not case["is_floor"]]
    text = named[0]["transport"] if named else ""
    for faster, slower in pairwise(named):
        ratio = times_as_fast(faster, slower, document["arguments"]["seed"])
        text += f" {'<' if ratio and ratio.is_certain else '?'} {slower['transport']}"
    return f"By p50: {text}" + ("    (?: cannot tell which is faster)" if "?" in text else "")


def quotable(document: Document) -> str:
    """The fastest held against the next, at the smallest payload, as a sentence."""
    size = min(sizes_of(document))
    named = [case for case in ranking(document, size) if not case["is_floor"]]
    where = f"with {size_text(size)} of payload" if size else "without a payload"
    if len(named) < 2:
        return alone(named[0], where) if named else "no mechanism was measured"
    faster, slower = named[:2]
    names = f"{faster['transport']} or {slower['transport']}"
    ratio = times_as_fast(faster, slower, document["arguments"]["seed"])
    if ratio is None or not ratio.has_enough_launches:
        launches = counted(ratio.launches if ratio else 0, "launch")
        return (
            f"cannot tell whether {names} is faster: {launches}, and {ENOUGH_LAUNCHES} are needed"
        )
    if not ratio.is_certain:
        return f"cannot tell whether {names} is faster {where}: {ratio_text(ratio)} times"
    return (
        f"{faster['transport']} was {ratio_text(ratio)} times as fast as "
        f"{slower['transport']}, {where}"
    )


def alone(case: CaseDocument, where: str) -> str:
    launches = typical_of_launches_ns(case).values()
    low, high = duration_text(min(launches)), duration_text(max(launches))
    return (
        f"{case['transport']} took {duration_text(typical_ns(case))} ({low} to {high}) "
        f"for an exchange, {where}"
    )
