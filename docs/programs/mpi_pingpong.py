"""What a round trip between two ranks takes, with a CPU for each."""

import subprocess
import sys
import time
from pathlib import Path

ROUND_TRIPS = 20_000


def play() -> None:
    from mpi4py import MPI

    ranks = MPI.COMM_WORLD
    word, other = bytearray(8), 1 - ranks.rank
    ranks.Barrier()
    begun = time.perf_counter()
    for _ in range(ROUND_TRIPS):
        if ranks.rank == 0:
            ranks.Send(word, other)
            ranks.Recv(word, other)
        else:
            ranks.Recv(word, other)
            ranks.Send(word, other)
    if ranks.rank == 0:
        print(f"a round trip took {(time.perf_counter() - begun) / ROUND_TRIPS:.7f} s")


if __name__ == "__main__":
    if "rank" in sys.argv:
        play()
    else:
        mpiexec = Path(sys.executable).with_name("mpiexec")
        ranks = [sys.executable, "-m", "mpi4py", __file__, "rank"]
        subprocess.run([mpiexec, "-n", "2", *ranks], check=True)
