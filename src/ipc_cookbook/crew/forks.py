"""What a forked process must not go on with.

It is a copy of one thread. A lock that another thread held stays locked in it for ever, and the
fork server of the process that it was copied from is no child of its own.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress


def in_every_fork(renew: Callable[[], object]) -> None:
    """Have something called in each process that is forked from this one, before it goes on."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=renew)


def forget_fork_server() -> None:
    """Let the next game start a fork server of its own."""
    if (module := sys.modules.get("multiprocessing.forkserver")) is None:
        return
    server = module._forkserver
    server._lock._at_fork_reinit()
    if server._forkserver_alive_fd is not None:
        with suppress(OSError):
            os.close(server._forkserver_alive_fd)
    server._forkserver_address = server._forkserver_alive_fd = server._forkserver_pid = None


def unlock_resource_tracker() -> None:
    if module := sys.modules.get("multiprocessing.resource_tracker"):
        module._resource_tracker._lock._at_fork_reinit()


in_every_fork(forget_fork_server)
in_every_fork(unlock_resource_tracker)
