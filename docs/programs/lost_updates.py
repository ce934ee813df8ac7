"""Two processes count in one Value, without its lock and with it."""

from multiprocessing import Process, Value

EACH = 100_000


def count(number, use_lock: bool) -> None:  # type: ignore[no-untyped-def]
    for _ in range(EACH):
        if use_lock:
            with number.get_lock():
                number.value += 1
        else:
            number.value += 1


if __name__ == "__main__":
    for use_lock in False, True:
        number = Value("q", 0)
        players = [Process(target=count, args=(number, use_lock)) for _ in range(2)]
        for player in players:
            player.start()
        for player in players:
            player.join()
        lost = 2 * EACH - number.value
        print(f"{'with' if use_lock else 'without'} the lock: {lost} of {2 * EACH} lost")
