"""An event loop that waits for clients."""

import asyncio


async def serve() -> None:
    server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    print("ready", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve())
