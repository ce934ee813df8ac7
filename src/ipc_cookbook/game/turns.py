"""What the players recorded: every word, by whom, and when."""

from collections.abc import Iterator, Sequence
from itertools import islice
from operator import attrgetter
from typing import NamedTuple, overload


class Turn(NamedTuple):
    """One word: its token, who said it, and when, in ns of :func:`time.perf_counter_ns`."""

    token: int
    player: str
    pid: int
    at_ns: int

    @property
    def word(self) -> str:
        """What was said: a player says its own name."""
        return self.player


class Account(NamedTuple):
    """One player's account of the game.

    ``cpu_s`` is the CPU time in seconds that its process used while it played.
    ``payload_intact`` says whether the payload that it got last is the one that was sent.
    ``tokens`` and ``at_ns`` have an item for every word it said.
    """

    player: str
    pid: int
    cpu_s: float
    payload_intact: bool
    tokens: Sequence[int]
    at_ns: Sequence[int]

    def turns(self) -> Iterator[Turn]:
        for token, at_ns in zip(self.tokens, self.at_ns, strict=True):
            yield Turn(token, self.player, self.pid, at_ns)


class Turns(Sequence[Turn]):
    """All words in the order in which they were said, made as they are looked at.

    To go through them takes memory for one; an index is looked up from the beginning.
    """

    def __init__(self, accounts: Sequence[Account]) -> None:
        self._accounts = accounts

    def __len__(self) -> int:
        return sum(len(account.tokens) for account in self._accounts)

    def __iter__(self) -> Iterator[Turn]:
        import heapq

        everyone = [account.turns() for account in self._accounts]
        return heapq.merge(*everyone, key=attrgetter("at_ns"))

    @overload
    def __getitem__(self, index: int) -> Turn: ...
    @overload
    def __getitem__(self, index: slice) -> list[Turn]: ...
    def __getitem__(self, index: int | slice) -> Turn | list[Turn]:
        if isinstance(index, slice):
            return list(self)[index]
        return next(islice(self, range(len(self))[index], None))

    def __repr__(self) -> str:
        return f"<{len(self)} turns>"
