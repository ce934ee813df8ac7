"""Close any descriptor of a file, and all locks of this process on it are gone."""

from fcntl import LOCK_EX, LOCK_NB, lockf
from multiprocessing import Process
from tempfile import NamedTemporaryFile


def try_to_lock(path: str) -> None:
    with open(path, "r+b") as file:
        try:
            lockf(file, LOCK_EX | LOCK_NB)
        except OSError:
            print("another process: it is locked")
        else:
            print("another process: it is not locked")


def ask(path: str) -> None:
    process = Process(target=try_to_lock, args=(path,))
    process.start()
    process.join()


if __name__ == "__main__":
    with NamedTemporaryFile() as file:
        lockf(file, LOCK_EX)
        ask(file.name)
        open(file.name, "rb").close()  # elsewhere in the program, just to have a look
        ask(file.name)
