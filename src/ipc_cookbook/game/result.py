"""What came of a game."""

from array import array
from collections.abc import Sequence
from itertools import chain, islice
from operator import eq, lt, sub
from typing import Any, NamedTuple, NoReturn

from ipc_cookbook.game.turns import Account, Turns


class Peer(NamedTuple):
    """The side of a game that was played on the other host.

    :ivar player: ``"Ping"`` or ``"Pong"``.
    :ivar address: where it is, as ``HOST:PORT``; through a server, the server's URL.
    :ivar key: what it proved that it has the key of: the SHA-256 of its certificate; None through
        a server.
    :ivar cipher: what the words were encrypted with; None through a server, whose URL says it.
    """

    player: str
    address: str
    key: str | None = None
    cipher: str | None = None


class PingPongResult:
    """What came of a game. It cannot be changed."""

    transport: str
    """Name of the mechanism."""
    start_method: str
    """How the players' processes were started."""
    expected: int
    """How many words were asked for."""
    elapsed_s: float
    """Seconds from the call until every process had ended."""
    peer: Peer | None
    """Who played on the other host; None if both players were here."""

    _accounts: tuple[Account, ...]
    _caller_pid: int
    _called_at_ns: int

    def __init__(
        self,
        *,
        transport: str,
        start_method: str,
        expected: int,
        elapsed_s: float,
        accounts: Sequence[Account],
        caller_pid: int,
        called_at_ns: int,
        peer: Peer | None = None,
    ) -> None:
        self.__dict__.update(
            transport=transport,
            start_method=start_method,
            expected=expected,
            elapsed_s=elapsed_s,
            peer=peer,
            _accounts=tuple(accounts),
            _caller_pid=caller_pid,
            _called_at_ns=called_at_ns,
        )

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{name} cannot be set: a PingPongResult cannot be changed")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{name} cannot be deleted: a PingPongResult cannot be changed")

    def __repr__(self) -> str:
        return (
            f"<PingPongResult {self.transport} ({self.start_method}): {self.count} words of "
            f"{self.expected_here}, {'ok' if self.ok else 'not ok'}, {self.elapsed_s:.3f} s>"
        )

    @property
    def count(self) -> int:
        """How many words were said; with a peer on another host, how many here."""
        return len(self.turns)

    @property
    def expected_here(self) -> int:
        """How many of the expected words the players on this host were to say."""
        return self.expected if self.peer is None else len(self._tokens_here)

    @property
    def _tokens_here(self) -> range:
        """The tokens that this host's one player was to hold, with a peer on another host."""
        return range(int(self._accounts[0].player == "Pong"), self.expected, 2)

    @property
    def counts(self) -> dict[str, int]:
        """How many words each player said."""
        return {account.player: len(account.tokens) for account in self._accounts}

    @property
    def pids(self) -> dict[str, int]:
        """Each player's process id."""
        return {account.player: account.pid for account in self._accounts}

    @property
    def cpu_s(self) -> dict[str, float]:
        """Seconds of CPU time that each player used while it played."""
        return {account.player: account.cpu_s for account in self._accounts}

    @property
    def turns(self) -> Turns:
        """All words, in the order in which they were said."""
        return Turns(self._accounts)

    @property
    def transcript(self) -> str:
        """All words as one string, in the order in which they were said."""
        if self.alternates and self.peer is None:
            pairs, odd = divmod(self.count, 2)
            return "PingPong" * pairs + "Ping" * odd
        return "".join(turn.player for turn in self.turns)

    @property
    def alternates(self) -> bool:
        """Whether the words came strictly in turn, Ping first.

        With a peer on another host: whether each word here had the token of its turn, so that
        exactly one word was said there in between.
        """
        if self.peer is not None:
            (own,) = self._accounts
            return all(map(eq, own.tokens, self._tokens_here))
        ping, pong = (account.at_ns for account in self._accounts)
        return (
            len(ping) - len(pong) in (0, 1)
            and all(map(lt, ping, pong))
            and all(map(lt, pong, islice(ping, 1, None)))
        )

    @property
    def every_token_once(self) -> bool:
        """Whether each token from 0 to the last was held by exactly one word.

        With a peer on another host: each of those that were to be held here.
        """
        if self.count != self.expected_here:
            return False
        if self.peer is not None:
            return self.alternates
        seen = bytearray(self.expected)
        for token in chain.from_iterable(account.tokens for account in self._accounts):
            if not 0 <= token < self.expected:
                return False
            seen[token] = 1
        return all(seen)

    @property
    def payload_intact(self) -> bool:
        """Whether the payload came back as it was sent."""
        return all(account.payload_intact for account in self._accounts)

    @property
    def ok(self) -> bool:
        """Whether the game went as asked.

        As many words as expected, every token once, strictly in turn, the payload intact, by
        two processes that are not the caller's. With a peer on another host, the half of it
        that is here.
        """
        return self.keeps(frozenset({"count", "order"}))

    def keeps(self, guarantees: frozenset[str]) -> bool:
        """Whether the game went as a recipe with these guarantees says it does.

        Without ``"count"`` a recipe says that its players share nothing: each counts alone,
        and says every word.
        """
        processes = {account.pid for account in self._accounts} | {self._caller_pid}
        if len(processes) != len(self._accounts) + 1:
            return False
        if "count" not in guarantees:
            return all(said == self.expected for said in self.counts.values())
        return (
            self.payload_intact
            and (self.alternates or "order" not in guarantees)
            and self.every_token_once
        )

    @property
    def round_trips_ns(self) -> "array[int]":
        """Nanoseconds between Ping's successive words: a word, its answer, and any delay.

        With a peer on another host, between the successive words of the player here.
        """
        at_ns = self._accounts[0].at_ns
        return array("q", map(sub, islice(at_ns, 1, None), at_ns))

    @property
    def round_trip_s(self) -> dict[str, float] | None:
        """The shortest, the median, and the longest round trip; None if there was none."""
        took_ns = sorted(self.round_trips_ns)
        if not took_ns:
            return None
        middle_ns = (took_ns[(len(took_ns) - 1) // 2] + took_ns[len(took_ns) // 2]) / 2
        return {"min": took_ns[0] / 1e9, "median": middle_ns / 1e9, "max": took_ns[-1] / 1e9}

    @property
    def startup_s(self) -> float | None:
        """Seconds from the call to the first word, None if there was none."""
        first = min((account.at_ns[0] for account in self._accounts if account.at_ns), default=None)
        return None if first is None else (first - self._called_at_ns) / 1e9

    def as_dict(self) -> dict[str, Any]:
        """The result as plain numbers, strings, and dictionaries, ready for JSON."""
        return {
            "transport": self.transport,
            "start_method": self.start_method,
            "expected": self.expected,
            "count": self.count,
            "counts": self.counts,
            "alternates": self.alternates,
            "ok": self.ok,
            "payload_intact": self.payload_intact,
            "elapsed_s": self.elapsed_s,
            "startup_s": self.startup_s,
            "round_trip_s": self.round_trip_s,
            "cpu_s": self.cpu_s,
            "pids": self.pids,
            "transcript": self.transcript,
            "peer": self.peer and self.peer._asdict(),
        }
