"""What came of a game, in one sentence."""

from __future__ import annotations

from ipc_cookbook.game.result import Peer, PingPongResult

KEY_LETTERS = 19


def verdict(result: PingPongResult, guarantees: frozenset[str]) -> str:
    """One sentence on what happened."""
    count = f"{result.count} {'word' if result.count == 1 else 'words'}"
    if result.count != result.expected_here:
        count += f", not {result.expected_here}"
    if result.peer:
        count += f" of {result.expected}"
    if result.peer is None and all(said == result.expected > 0 for said in result.counts.values()):
        count += ": each process counted its own copy"
    elif result.alternates:
        count += ", strictly in turn"
    else:
        count += ", out of turn"
        if "order" not in guarantees:
            count += ", as luck would have it"
    if not result.payload_intact and "count" in guarantees:
        count += ", the payload damaged"
    broken = "" if result.keeps(guarantees) else " (this is not what it promises)"
    if result.peer:
        broken += f"; {with_whom(result, result.peer)}"
    return f"{count}{broken}; {result.elapsed_s:.2f} s, {result.start_method}"


def with_whom(result: PingPongResult, peer: Peer) -> str:
    """Who played on the other host, how far away that is, and what was between."""
    text = f"with {peer.player} through {peer.address}"
    if peer.key:
        text = f"with {peer.player} at {peer.address} ({peer.key[:KEY_LETTERS]}...), {peer.cipher}"
    if took_s := result.round_trip_s:
        low, middle, high = (1000 * took_s[name] for name in ("min", "median", "max"))
        text += f"; round trip {middle:.2f} ms ({low:.2f} to {high:.2f})"
    return text
