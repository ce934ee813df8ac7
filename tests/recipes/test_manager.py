"""The manager's server, when it does not end as it should."""

from __future__ import annotations

import pytest

from faulty import StuckServerTransport
from ipc_cookbook import PingPongTimeout, leftovers, run_pingpong

NAME = "manager"


@pytest.mark.sampled
def test_a_server_that_is_stuck_as_it_closes_meets_the_deadline(start_method: str) -> None:
    transport = StuckServerTransport(NAME)
    before = sorted(leftovers.processes())
    with pytest.raises(PingPongTimeout, match="the transport was still closing"):
        run_pingpong(transport, tokens=2, start_method=start_method, timeout=2.0)
    assert sorted(leftovers.processes()) == before
