"""Start processes under the guard, which an import passes over."""

from multiprocessing import Process


def work() -> None:
    print("working")


if __name__ == "__main__":
    process = Process(target=work)
    process.start()
    process.join()
