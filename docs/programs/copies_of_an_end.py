"""An end of Pipe() is a socket of a pair; and a pair has no end while a copy of one is open."""

import os
import stat
from multiprocessing import Pipe, Process
from select import select
from socket import socket, socketpair


def die(end: socket) -> None:
    end.close()


if __name__ == "__main__":
    for end in Pipe():
        print("an end of Pipe() is a socket:", stat.S_ISSOCK(os.fstat(end.fileno()).st_mode))
        end.close()
    mine, theirs = socketpair()
    process = Process(target=die, args=(theirs,))
    process.start()
    process.join()
    print("the other process has ended; is there the end?", mine in select([mine], [], [], 1)[0])
    theirs.close()
    print("our own copy of its end is closed; and now?", mine in select([mine], [], [], 1)[0])
    print("recv:", mine.recv(1))
    mine.close()
