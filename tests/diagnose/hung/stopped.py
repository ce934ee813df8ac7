""":Cause: stopped process"""

import os
import signal
from multiprocessing import Pipe, Process
from typing import Any


def work(end: Any) -> None:
    os.kill(os.getpid(), signal.SIGSTOP)
    end.send("done")


if __name__ == "__main__":
    mine, theirs = Pipe()
    process = Process(target=work, args=(theirs,))
    process.start()
    theirs.close()
    mine.recv()
