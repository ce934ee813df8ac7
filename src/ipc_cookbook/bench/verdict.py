"""Which mechanism is faster, as far as the launches can tell: a ranking, and ratios."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from statistics import median

from ipc_cookbook.bench.document import CaseDocument, Document
from ipc_cookbook.bench.figures import Ratio, ratio_of
from ipc_cookbook.bench.places import PlaceName


def sizes_of(document: Document) -> list[int]:
    return list(dict.fromkeys(case["payload_size"] for case in document["cases"]))


def places_of(document: Document) -> list[PlaceName]:
    return list(document["arguments"]["places"])


def ranking(document: Document, size: int, place: PlaceName | None = None) -> list[CaseDocument]:
    """The mechanisms at one size, fastest first, and the references after them.

    :param place: where the players were; None for the first place of the document.
    """
    place = place or places_of(document)[0]
    cases = [
        case
        for case in document["cases"]
        if case["payload_size"] == size and case["place"] == place
    ]
    return sorted(cases, key=lambda case: (case["is_reference"], typical_ns(case)))


def at_places(document: Document, case: CaseDocument) -> list[CaseDocument | None]:
    """A mechanism at a size in every place of the document."""
    found = {
        other["place"]: other
        for other in document["cases"]
        if (other["transport"], other["payload_size"]) == (case["transport"], case["payload_size"])
    }
    return [found.get(place) for place in places_of(document)]


def moved_by_placement(
    document: Document, size: int, first: PlaceName, second: PlaceName
) -> list[str]:
    """The fewest mechanisms, or nearly, without which two places would rank alike.

    Two places rank a pair differently where one is certainly faster in the first, and the other
    one in the second. Whoever is in most of such pairs is taken out, until none is left.
    """
    cases = {
        place: {case["transport"]: case for case in ranking(document, size, place)}
        for place in (first, second)
    }
    names = [
        name
        for name, case in cases[first].items()
        if name in cases[second] and not case["is_reference"]
    ]
    seed = document["arguments"]["seed"]

    def is_faster(place: PlaceName, one: str, other: str) -> bool:
        faster, slower = cases[place][one], cases[place][other]
        if typical_ns(faster) >= typical_ns(slower):
            return False
        ratio = times_as_fast(faster, slower, seed)
        return ratio is not None and ratio.is_certain

    turned = [
        pair
        for pair in combinations(names, 2)
        if (is_faster(first, *pair) and is_faster(second, *pair[::-1]))
        or (is_faster(first, *pair[::-1]) and is_faster(second, *pair))
    ]
    moved = []
    while turned:
        moved.append(Counter(name for pair in turned for name in pair).most_common(1)[0][0])
        turned = [pair for pair in turned if moved[-1] not in pair]
    return moved


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
