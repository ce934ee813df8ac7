"""A pidfd tells that a process has ended, whoever has copies of what it had open."""

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
    has_ended, is_closed = pidfd in ready, mine in ready
    print("ready once it is killed: its pidfd", has_ended, "and our end", is_closed)
    theirs.close()
    ready = wait([mine], 10)
    print("our copy of its end is closed; now our end is ready:", mine in ready)
    process.join()
    ready = wait([pidfd], 10)
    print("its id may be given to another process now; the pidfd:", pidfd in ready)
    mine.close()
    os.close(pidfd)
