"""Move the function to the top of the module."""

from multiprocessing import Process


def work() -> None:
    print("working")


def main() -> None:
    process = Process(target=work)
    process.start()
    process.join()


if __name__ == "__main__":
    main()
