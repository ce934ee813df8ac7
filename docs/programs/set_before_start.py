"""What a child sees of a variable that was set before it was started."""

import multiprocessing

number = 0


def look() -> None:
    print(f"{multiprocessing.get_start_method()}: the child sees {number}", flush=True)


if __name__ == "__main__":
    number = 7
    for method in sorted(multiprocessing.get_all_start_methods()):
        multiprocessing.set_start_method(method, force=True)
        child = multiprocessing.Process(target=look)
        child.start()
        child.join()
