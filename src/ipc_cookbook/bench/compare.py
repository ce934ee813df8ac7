"""Two measurements held against each other: is one slower, or do they merely differ by chance?"""

from __future__ import annotations

from typing import NamedTuple

from ipc_cookbook.bench.document import CaseDocument, Document
from ipc_cookbook.bench.figures import ENOUGH_LAUNCHES, Ratio, ratio_of
from ipc_cookbook.bench.verdict import typical_ns, typical_of_launches_ns

Key = tuple[str, int, str]


class Comparison(NamedTuple):
    """A mechanism at one size and place; ``ratio`` is B's median round trip over A's."""

    transport: str
    payload_size: int
    place: str
    a_ns: float
    b_ns: float
    ratio: Ratio

    @property
    def verdict(self) -> str:
        if not self.ratio.has_enough_launches:
            return f"too few launches to tell ({ENOUGH_LAUNCHES} are needed)"
        if not self.ratio.is_certain:
            return "no difference that these runs can show"
        return "B is slower" if self.ratio.value > 1 else "B is faster"

    def is_above(self, ratio: float) -> bool:
        return self.ratio.is_certain and self.ratio.value > ratio


def compare(a: Document, b: Document) -> list[Comparison]:
    """All that was measured in both."""
    cases_a, cases_b = by_key(a), by_key(b)
    return [
        compare_cases(case, cases_b[key], a["arguments"]["seed"])
        for key, case in cases_a.items()
        if key in cases_b
    ]


def compare_cases(a: CaseDocument, b: CaseDocument, seed: int) -> Comparison:
    ratio = ratio_of(
        list(typical_of_launches_ns(b).values()),
        list(typical_of_launches_ns(a).values()),
        paired=False,
        seed=seed,
    )
    return Comparison(
        a["transport"], a["payload_size"], a["place"], typical_ns(a), typical_ns(b), ratio
    )


def by_key(document: Document) -> dict[Key, CaseDocument]:
    return {
        (case["transport"], case["payload_size"], case["place"]): case for case in document["cases"]
    }
