"""Pool hangs on my own exception.

:Message:
    ``multiprocessing/pool.py...in _handle_results...TypeError: ...__init__() missing``,
    ``multiprocessing/pool.py...in _handle_results...TypeError: ...__init__() takes``
:Asked as: Pool hangs on custom exception, Pool hangs when worker raises exception with
    arguments
:Cause: The exception comes back as a pickle: its class, and ``args``, which is what was
    given to ``super().__init__``. Here that is one text, and the class wants two
    arguments. The thread of the pool that reads the results ends with a TypeError, and
    nobody reads any more.
:Fix: Give all arguments to ``super().__init__``, as they came.
:Affects: every start method
:Known as: python/cpython#103061, python/cpython#79492
:Outcome: hangs; mended, it raises Refused
"""

from multiprocessing import Pool


class Refused(Exception):
    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code}: {reason}")


def work(number: int) -> None:
    raise Refused(number, "too small")


if __name__ == "__main__":
    with Pool(1) as pool:
        pool.map(work, [7])
