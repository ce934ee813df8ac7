""":Cause: fork with a held lock
:Start methods: fork
"""

import os
from threading import Event, Lock, Thread

lock, has_it = Lock(), Event()


def hold() -> None:
    with lock:
        has_it.set()
        Event().wait()


if __name__ == "__main__":
    Thread(target=hold, daemon=True).start()
    has_it.wait()
    pid = os.fork()
    if pid == 0:
        with lock:
            os._exit(0)
    os.waitpid(pid, 0)
