"""Put a transport through what every recipe of this book is put through::

    from ipc_cookbook.testing import check_transport

    def test_my_transport() -> None:
        check_transport(MyTransport())

It plays some ten games under each start method, each in processes of its own, and in some of
them a player is killed or stopped. What it cannot see is how fast a transport is, whether it is
safe from strangers, and what becomes of many messages that are on the way at once.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Collection, Sequence
from types import ModuleType

from ipc_cookbook.errors import BadType, BadValue
from ipc_cookbook.facts import GUARANTEES
from ipc_cookbook.game.arguments import choose_start_method, whole_number
from ipc_cookbook.game.run import find_transport
from ipc_cookbook.leftovers import private_temporary_folder, start_lasting_helpers
from ipc_cookbook.promises import CHECKS, PromiseBroken, Trial
from ipc_cookbook.transport import Transport

__all__ = ["PromiseBroken", "check_transport"]


def check_transport(
    transport: str | ModuleType | Transport,
    *,
    start_methods: Collection[str] | None = None,
    guarantees: Collection[str] = GUARANTEES,
    payloads: Sequence[int] = (0, 1, 70_000),
) -> None:
    """See that a transport keeps every promise.

    :param transport: as for :func:`~ipc_cookbook.run_pingpong`.
    :param start_methods: ``"fork"``, ``"forkserver"``, ``"spawn"``; None for all there are here.
    :param guarantees: what it promises: ``"count"``, as many words as are asked for, and
        ``"order"``, strictly in turn.
    :param payloads: lengths in bytes of the payloads to send; the greatest one is its
        ``max_payload``.
    :raises PromiseBroken: it does not keep one; the error says which, and how that showed.
    :raises TypeError: an argument is of the wrong type.
    :raises ValueError: an argument is none of what is allowed.
    """
    name, playable = find_transport(transport)
    methods = multiprocessing.get_all_start_methods() if start_methods is None else start_methods
    several = {"payloads": payloads, "guarantees": guarantees, "start_methods": methods}
    for argument, given in several.items():
        if isinstance(given, str | bytes) or not isinstance(given, Collection):
            raise BadType(f"{argument} must be a list or a set, not {given!r}")
        if not given and argument != "guarantees":
            raise BadValue(f"{argument} must hold at least one")
    lengths = sorted({whole_number("payloads", length) for length in payloads})
    if not set(guarantees) <= set(GUARANTEES):
        raise BadValue(f"guarantees must be among {', '.join(GUARANTEES)}, not {guarantees!r}")
    for method in [choose_start_method(method) for method in methods]:
        trial = Trial(name, playable, method, frozenset(guarantees), lengths)
        with private_temporary_folder():
            start_lasting_helpers()
            for check in CHECKS:
                with trial.nothing_left():
                    check(trial)
