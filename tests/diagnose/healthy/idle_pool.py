"""A Pool that has nothing to do, in a program that will have more for it in time."""

import time
from multiprocessing import Pool

if __name__ == "__main__":
    with Pool(3) as pool:
        pool.map(abs, range(10))
        print("ready", flush=True)
        time.sleep(600)
