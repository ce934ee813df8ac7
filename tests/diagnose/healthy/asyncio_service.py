"""A service of asyncio that waits until it is told to end, by SIGTERM."""

import asyncio
import signal


async def work() -> None:
    done = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, done.set)
    print("ready", flush=True)
    await done.wait()


if __name__ == "__main__":
    asyncio.run(work())
