"""A pidfd tells that a process has ended, whoever holds copies of what that had open."""

import os
from multiprocessing import Pipe, Process
from multiprocessing.connection import Connection, wait


def sit(end: Connection) -> None:
    end.recv()  # until it is killed


if __name__ == "__main__":
    mine, theirs = Pipe()
    process = Process(target=sit, args=(theirs,))
    process.start()
    assert process.pid is not None
    pidfd = os.pidfd_open(process.pid)
    print("ready while it lives:", wait([mine, pidfd], 1))
    process.kill()
    ready = wait([mine, pidfd], 10)
    print("ready once it is killed: its pidfd", pidfd in ready, "and our end", mine in ready)
    theirs.close()
    print("our copy of its end is closed; now our end is ready:", mine in wait([mine], 10))
    process.join()
    print("its id may be given to another process now; the pidfd:", pidfd in wait([pidfd], 10))
    mine.close()
    os.close(pidfd)
