"""An attempt has been made to start a new process before bootstrapping has finished.

:Message:
    ``An attempt has been made to start a new process before the current process has finished its
    bootstrapping phase``
:Asked as: freeze_support error on windows, program starts itself over and over
:Cause: spawn and forkserver import the program's file in every new process, for its functions. A
    start at the top of the file is part of that import: each new process would start one more.
    Python refuses; the parent goes on, as if its child had ended.
:Fix: Put what starts processes under ``if __name__ == "__main__":``, which an import passes over.
:Affects: forkserver, spawn; the defaults of macOS and Windows, and of Linux from Python 3.14 on.
:Outcome: raises RuntimeError; mended, it prints working
"""

from multiprocessing import Process


def work() -> None:
    print("working")


process = Process(target=work)
process.start()
process.join()
