""":Cause: the executor waits for itself"""

from concurrent.futures import ThreadPoolExecutor


def work(executor: ThreadPoolExecutor) -> int:
    return executor.submit(int, "7").result()


if __name__ == "__main__":
    with ThreadPoolExecutor(1) as executor:
        print(executor.submit(work, executor).result())
