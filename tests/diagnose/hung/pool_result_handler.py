""":Cause: the Pool's result handler died"""

from multiprocessing import Pool


class Refused(Exception):
    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code}: {reason}")


def work(number: int) -> None:
    raise Refused(number, "too small")


if __name__ == "__main__":
    with Pool(1) as pool:
        pool.map(work, [7])
