""":Cause: the event loop has nothing to wait for"""

import asyncio


async def work() -> None:
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(work())
