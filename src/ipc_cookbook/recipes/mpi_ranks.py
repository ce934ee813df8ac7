"""Two ranks of an MPI job.

:Shared: nothing; each player has a pipe to a rank, and the ranks pass on what comes in.
:Framing: done by MPI; what is sent is a pickle of mpi4py's.
:Waiting: polls; MPI's ``recv`` never pauses and takes a CPU, so a rank asks and sleeps.
:Dead peer: ``EOFError`` once every copy of its pipe is closed, for then the ranks end.
:Reach: hosts; ``mpiexec`` starts the ranks where it is told to, here on this machine.
:Carries: pickles; between ranks, arrays go as they are.
:Room: what the pipes hold, some 200 KiB each on Linux; MPI keeps what is smaller.
:Needs: mpi4py
:Runs on: Linux; elsewhere the job would outlive a program that is killed.
:Server: mpiexec from mpich; or of the system's MPICH. It listens on all addresses.
"""

import os
import re
import shutil
import sys
import sysconfig
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from pathlib import Path
from threading import Thread

import mpi4py  # noqa: F401

GUARANTEES = frozenset({"count", "order"})

PLACES = sysconfig.get_path("scripts"), os.environ.get("PATH", os.defpath)
if not (PROGRAM := shutil.which("mpiexec", path=os.pathsep.join(PLACES)) or ""):
    raise ModuleNotFoundError("there is no mpiexec", name="mpich")


class RankEnd:
    def __init__(self, rank: Connection, max_payload: int) -> None:
        self.rank, self.max_payload = rank, max_payload

    def send(self, message: tuple[int, bytes]) -> None:
        if (size := len(message[1])) > self.max_payload:
            raise ValueError(f"payload: at most {self.max_payload} bytes, not {size}")
        self.rank.send(message)

    def recv(self) -> tuple[int, bytes]:
        message: tuple[int, bytes] = self.rank.recv()
        return message


def pass_on(pipes: list[Connection]) -> None:
    """A rank's part: from its player to the other rank, and back from there."""
    from mpi4py import MPI

    world = MPI.COMM_WORLD
    player, other = pipes.pop(world.rank), 1 - world.rank
    pipes.pop().close()
    world.Barrier()
    # both ranks have the memory, and it needs no name any more
    for name in re.findall(r"\S+mpich_shm\S+", Path("/proc/self/maps").read_text()):
        with suppress(FileNotFoundError):
            os.unlink(name)
    player.send("ready")

    def send_on() -> None:
        with suppress(EOFError, OSError):
            for message in iter(player.recv, None):
                world.send(message, other)
        world.send(None, other)  # our player has gone

    def receive() -> object:
        while not world.iprobe(source=other):
            time.sleep(50e-6)
        return world.recv(source=other)

    Thread(target=send_on, daemon=True).start()
    with suppress(OSError):
        for message in iter(receive, None):
            player.send(message)
    os._exit(1)  # one of the players has gone; mpiexec ends the other rank, too


def become_mpiexec(*pipes: Connection) -> None:
    """The same process, another program."""
    os.setsid()  # Ctrl-C at the terminal is not for it
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what it says when it is ended
    os.environ["HWLOC_XMLFILE"] = os.devnull  # or a file stays in /tmp if it is killed
    for pipe in pipes:
        os.set_inheritable(pipe.fileno(), True)
    os.environ["PYTHONPATH"] = os.pathsep.join(sys.path)
    ranks = sys.executable, "-m", "mpi4py", "-m", __name__
    numbers = [str(pipe.fileno()) for pipe in pipes]
    os.execl(PROGRAM, PROGRAM, "-n", "2", *ranks, *numbers)


@contextmanager
def open_pair(
    context: BaseContext, max_payload: int
) -> Iterator[tuple[RankEnd, RankEnd]]:
    """Start the job, and yield both ends."""
    (first, one), (second, two) = context.Pipe(), context.Pipe()
    job = context.Process(  # type: ignore[attr-defined]
        target=become_mpiexec, args=(one, two), name="mpiexec"
    )
    job.start()
    with first, second:
        one.close()
        two.close()
        try:
            first.recv(), second.recv()
            yield RankEnd(first, max_payload), RankEnd(second, max_payload)
        finally:
            job.terminate()
            job.join()


if __name__ == "__main__":
    pass_on([Connection(int(number)) for number in sys.argv[1:]])
