"""A process writes two numbers in turn, in two ways; does another see a third one?"""

import struct
from multiprocessing import Process
from multiprocessing.shared_memory import SharedMemory
from typing import Any

OLD, NEW = 0x1111_1111_1111_1111, 0x2222_2222_2222_2222


def write(memory: Any, in_one_store: bool) -> None:
    numbers = memory.buf[:8].cast("Q")
    while True:
        for number in OLD, NEW:
            if in_one_store:
                numbers[0] = number
            else:
                struct.pack_into("=Q", memory.buf, 0, number)


if __name__ == "__main__":
    for way, in_one_store in ("struct.pack_into", False), ('cast("Q")', True):
        memory: Any = SharedMemory(create=True, size=8)
        writer = Process(target=write, args=(memory, in_one_store))
        writer.start()
        with memory.buf[:8] as place, place.cast("Q") as numbers:
            while numbers[0] == 0:
                pass  # until it writes
            seen = {numbers[0] for _ in range(10_000_000)}
        writer.terminate()
        writer.join()
        memory.close()
        memory.unlink()
        torn = seen - {OLD, NEW}
        print(f"{way}:", "some reads were torn" if torn else "no read was torn")
