"""Two ranks that both send first. That goes well as long as the messages are small."""

import subprocess
import sys
from pathlib import Path
from threading import Event, Thread


def exchange(size: int) -> None:
    from mpi4py import MPI

    ranks = MPI.COMM_WORLD
    mine, theirs = bytearray(size), bytearray(size)
    other, sent = 1 - ranks.rank, Event()

    def receive_late() -> None:
        outcome = "sent" if sent.wait(1) else "still in Send after a second"
        if ranks.rank == 0:
            print(f"{size} bytes: {outcome}")
        ranks.Barrier()  # neither receives before both have looked
        ranks.Recv(theirs, other)

    rescuer = Thread(target=receive_late)  # or a large message would wait for ever
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
