"""Without its guard, a program that uses spawn would start itself over and over."""

import multiprocessing


def work() -> None:
    print("working")


context = multiprocessing.get_context("spawn")
process = context.Process(target=work)
process.start()
process.join()
