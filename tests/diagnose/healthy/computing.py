"""A program that computes."""

from multiprocessing import Process


def work() -> None:
    print("ready", flush=True)
    number = 0
    while True:
        number = (number * 31 + 7) % 1_000_003


if __name__ == "__main__":
    process = Process(target=work, daemon=True)
    process.start()
    process.join()
