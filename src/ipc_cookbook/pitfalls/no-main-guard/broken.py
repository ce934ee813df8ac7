"""An attempt has been made to start a new process before bootstrapping has finished.

:Message: ``An attempt has been made to start a new process before the current process
    has finished its bootstrapping phase``
:Asked as: freeze_support error on windows, program starts itself over and over
:Cause: The program's file is imported once more, for its functions: by spawn in every
    new process, by forkserver there or in its server. A start at the top of the file is
    part of that import, and would start one more. Python refuses.
:Fix: Put what starts processes under ``if __name__ == "__main__":``, which an import
    passes over.
:Affects: forkserver, spawn; the defaults of macOS and Windows, and of Linux from Python
    3.14 on. With forkserver, from 3.13.8 and 3.14.1 on, it is the server that imports
    the file and ends, and the parent gets a ConnectionResetError.
:Outcome: raises RuntimeError; mended, it prints working
"""

from multiprocessing import Process


def work() -> None:
    print("working")


process = Process(target=work)
process.start()
process.join()
