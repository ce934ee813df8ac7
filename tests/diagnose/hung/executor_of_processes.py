""":Cause: nobody is left to wake it"""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from typing import Any

event: Any = None


def prepare(its_event: Any) -> None:
    global event
    event = its_event


def wait(_: int) -> bool:
    return bool(event.wait())


def announce(_: int) -> None:
    event.set()


if __name__ == "__main__":
    context = multiprocessing.get_context()
    arguments = (context.Event(),)
    with ProcessPoolExecutor(1, context, initializer=prepare, initargs=arguments) as executor:
        waiting = executor.submit(wait, 0)
        executor.submit(announce, 0)  # behind the one that waits for it
        waiting.result()
