"""An event loop that waits for another program."""

import asyncio


async def work() -> None:
    process = await asyncio.create_subprocess_exec("sleep", "600")
    print("ready", flush=True)
    await process.wait()


if __name__ == "__main__":
    asyncio.run(work())
