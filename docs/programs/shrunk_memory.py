"""Memory that others can shrink may end your process. A seal makes that their error."""

import os
from fcntl import F_ADD_SEALS, F_SEAL_SHRINK, fcntl
from mmap import PAGESIZE, mmap
from multiprocessing import Process
from resource import RLIMIT_CORE, setrlimit
from signal import Signals


def map_and_shrink(sealed: bool) -> None:
    setrlimit(RLIMIT_CORE, (0, 0))  # no file of what it is about to do
    memory = os.memfd_create("mine", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.ftruncate(memory, PAGESIZE)
    if sealed:
        fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK)
    with mmap(memory, PAGESIZE) as pages:
        try:
            os.ftruncate(memory, 0)  # so can everybody who was sent the descriptor
        except OSError as error:
            print("to shrink it:", repr(error))
        print("to read it:", pages[0], flush=True)


if __name__ == "__main__":
    for sealed in True, False:
        process = Process(target=map_and_shrink, args=(sealed,))
        process.start()
        process.join()
        status = process.exitcode or 0
        end = Signals(-status).name if status else "all well"
        print("sealed," if sealed else "not sealed,", end)
