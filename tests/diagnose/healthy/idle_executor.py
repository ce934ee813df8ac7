"""A ProcessPoolExecutor that has nothing to do."""

import time
from concurrent.futures import ProcessPoolExecutor

if __name__ == "__main__":
    with ProcessPoolExecutor(2) as executor:
        executor.submit(abs, 1).result()
        print("ready", flush=True)
        time.sleep(600)
