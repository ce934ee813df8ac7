"""A lock of multiprocessing dies with its holder. The kernel lets go of one on a file."""

from fcntl import LOCK_EX, LOCK_NB, lockf
from multiprocessing import Lock, Pipe, Process
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Lock as SharedLock
from tempfile import NamedTemporaryFile


def take_both(lock: SharedLock, path: str, end: Connection) -> None:
    with lock, open(path, "r+b") as file:
        lockf(file, LOCK_EX)
        end.send("both locks are taken")
        end.recv()  # until it is killed


if __name__ == "__main__":
    mine, theirs = Pipe()
    with mine, theirs, NamedTemporaryFile() as file:
        lock = Lock()
        process = Process(target=take_both, args=(lock, file.name, theirs))
        process.start()
        print(mine.recv())
        process.kill()
        process.join()
        lockf(file, LOCK_EX | LOCK_NB)  # an OSError if it were still taken
        print("the holder is dead; the one on the file is ours")
        print("the one in shared memory is ours:", lock.acquire(timeout=1))
