"""A Pool with one task that takes long, while its other workers have nothing to do."""

import time
from multiprocessing import Pool

if __name__ == "__main__":
    with Pool(3) as pool:
        pool.map(abs, range(10))
        result = pool.apply_async(time.sleep, [600])
        print("ready", flush=True)
        result.get()
