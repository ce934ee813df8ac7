"""An event loop that waits for the time."""

import asyncio


async def work() -> None:
    print("ready", flush=True)
    await asyncio.sleep(600)


if __name__ == "__main__":
    asyncio.run(work())
