"""A program's processes: those that do its work, and what a killed one leaves.

By start method "fork" a program's children do its work. By the others it has servers of
:mod:`multiprocessing` beside them, and by "forkserver" the children of one of these do it.
"""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

from ipc_cookbook.leftovers import parent_of, program_of
from ports import family_of

SERVERS = ("multiprocessing.resource_tracker", "multiprocessing.forkserver")


def workers_of(program: int) -> list[int]:
    """All that it has started but for the servers, in the order of their ids."""
    return sorted(pid for pid in family_of(program) - {program} if not is_server(pid))


def is_server(pid: int) -> bool:
    """A fork server's children have its command line, and are none."""
    command = program_of(pid)
    return any(name in command for name in SERVERS) and program_of(parent_of(pid)) != command


def remove_folder(folder: str, status: int) -> None:
    """Remove what a program had as its temporary folder, in which it must have left nothing.

    A program that was killed could not remove the folder of its fork server.
    """
    if status == -signal.SIGKILL:
        for servers in Path(folder).glob("pymp-*"):
            shutil.rmtree(servers)
    os.rmdir(folder)
