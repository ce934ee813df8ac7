"""Lock a file: the kernel lets go of it as the holder ends."""

import os
import signal
from fcntl import LOCK_EX, flock
from multiprocessing import Process
from typing import Any


def work(lock: Any, is_unlucky: bool) -> None:
    with open(lock) as file:
        flock(file, LOCK_EX)
        if is_unlucky:
            # the kernel does so when memory is short
            os.kill(os.getpid(), signal.SIGKILL)
        print("working")


if __name__ == "__main__":
    lock = __file__
    for is_unlucky in True, False:
        process = Process(target=work, args=(lock, is_unlucky))
        process.start()
        process.join()
