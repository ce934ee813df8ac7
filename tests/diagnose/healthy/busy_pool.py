"""A Pool at work."""

from multiprocessing import Pool


def work(number: int) -> int:
    return sum(each * each for each in range(3000 + number))


if __name__ == "__main__":
    with Pool(2) as pool:
        pool.map(work, range(10))
        print("ready", flush=True)
        while True:
            pool.map(work, range(200), chunksize=1)
