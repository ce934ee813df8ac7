"""A function inside a function cannot travel to a process that spawn starts."""

import multiprocessing


def main() -> None:
    def work() -> None:
        print("working")

    context = multiprocessing.get_context("spawn")
    process = context.Process(target=work)
    process.start()
    process.join()


if __name__ == "__main__":
    main()
