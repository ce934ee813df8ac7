"""An end of Pipe() is a socket of a pair, which has no end while a copy is open."""

import os
import stat
from multiprocessing import Pipe, Process
from select import select
from socket import socket, socketpair


def die(end: socket) -> None:
    end.close()


if __name__ == "__main__":
    for end in Pipe():
        mode = os.fstat(end.fileno()).st_mode
        print("an end of Pipe() is a socket:", stat.S_ISSOCK(mode))
        end.close()
    mine, theirs = socketpair()
    process = Process(target=die, args=(theirs,))
    process.start()
    process.join()
    ready, _, _ = select([mine], [], [], 1)
    print("the other process has ended; is there the end?", mine in ready)
    theirs.close()
    ready, _, _ = select([mine], [], [], 1)
    print("our own copy of its end is closed; and now?", mine in ready)
    print("recv:", mine.recv(1))
    mine.close()
