"""One process writes two numbers in turn, in one of two ways; does another one see a third one?"""

import struct
from multiprocessing import Event, Process
from multiprocessing.shared_memory import SharedMemory
from typing import Any

OLD, NEW = 0x1111_1111_1111_1111, 0x2222_2222_2222_2222


def write(memory: Any, in_one_store: bool, is_enough: Any) -> None:
    with memory.buf[:8] as place, place.cast("Q") as numbers:
        while not is_enough.is_set():
            for number in [OLD, NEW] * 1000:
                if in_one_store:
                    numbers[0] = number
                else:
                    struct.pack_into("=Q", place, 0, number)


if __name__ == "__main__":
    for way, in_one_store in ("struct.pack_into", False), ('cast("Q")', True):
        memory: Any = SharedMemory(create=True, size=8)
        is_enough = Event()
        writer = Process(target=write, args=(memory, in_one_store, is_enough))
        with memory.buf[:8] as place, place.cast("Q") as numbers:
            numbers[0] = OLD
            writer.start()
            while numbers[0] == OLD:
                pass  # until it writes
            seen = set()
            for _ in range(10_000_000):
                seen.add(numbers[0])
                if len(seen) > 2:
                    break
        is_enough.set()
        writer.join()
        memory.close()
        memory.unlink()
        print(f"{way}:", "some reads were torn" if seen - {OLD, NEW} else "no read was torn")
