"""What a second of waiting takes of a CPU: to look, and to look and then sleep."""

import time
from multiprocessing import Process, Semaphore
from typing import Any


def look(answer: Any) -> None:
    while not answer.acquire(block=False):
        pass


def look_then_sleep(answer: Any) -> None:
    if not any(answer.acquire(block=False) for _ in range(500)):
        answer.acquire()


def wait(how: Any, asked: Any, answer: Any) -> None:
    asked.release()
    used_s, began_s = time.process_time(), time.monotonic()
    how(answer)
    share = (time.process_time() - used_s) / (time.monotonic() - began_s)
    print(f"{how.__name__}:", "a CPU kept busy" if share > 0.05 else "next to nothing")


if __name__ == "__main__":
    for how in look, look_then_sleep:
        asked, answer = Semaphore(0), Semaphore(0)
        process = Process(target=wait, args=(how, asked, answer))
        process.start()
        asked.acquire()
        time.sleep(1)  # the answer takes so long
        answer.release()
        process.join()
