""":Cause: spinning
:Grade: LIKELY
"""

from multiprocessing import Process, Value
from typing import Any


def set_it(flag: Any) -> None:
    raise SystemExit(1)  # instead of flag.value = 1


if __name__ == "__main__":
    flag = Value("i", 0, lock=False)
    process = Process(target=set_it, args=(flag,))
    process.start()
    while not flag.value:
        pass
