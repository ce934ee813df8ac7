"""A ProcessPoolExecutor whose task takes long."""

import time
from concurrent.futures import ProcessPoolExecutor

if __name__ == "__main__":
    with ProcessPoolExecutor(2) as executor:
        executor.submit(abs, 1).result()
        result = executor.submit(time.sleep, 600)
        print("ready", flush=True)
        result.result()
