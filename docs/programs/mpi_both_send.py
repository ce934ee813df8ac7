"""Two ranks that both send first. That goes well as long as the messages are small."""

import subprocess
import sys
from pathlib import Path
from threading import Event, Thread


def exchange(size: int) -> None:
    from mpi4py import MPI

    ranks = MPI.COMM_WORLD
    mine, theirs, other, sent = bytearray(size), bytearray(size), 1 - ranks.rank, Event()

    def receive_late() -> None:
        went_at_once = sent.wait(1)
        if ranks.rank == 0:
            print(f"{size} bytes:", "sent" if went_at_once else "still in Send after a second")
        ranks.Recv(theirs, other)

    rescuer = Thread(target=receive_late)  # without it, a large message would wait for ever
    rescuer.start()
    ranks.Send(mine, other)
    sent.set()
    rescuer.join()


if __name__ == "__main__":
    if sys.argv[1:]:
        exchange(int(sys.argv[1]))
    else:
        mpiexec = Path(sys.executable).with_name("mpiexec")
        for size in "1000", "1000000":
            ranks = [sys.executable, "-m", "mpi4py", __file__, size]
            subprocess.run([mpiexec, "-n", "2", *ranks], check=True)
