"""A hundred connections are open at the same time, and one thread serves them all."""

import asyncio
import threading
from asyncio import StreamReader, StreamWriter
from contextlib import ExitStack
from multiprocessing import Process
from socket import create_connection, create_server, socket

PEERS = 100


async def serve(listener: socket) -> None:
    all_are_here = asyncio.Barrier(PEERS)

    async def answer(reader: StreamReader, writer: StreamWriter) -> None:
        await all_are_here.wait()  # the coroutine waits, the thread goes on with others
        writer.write(bytes([threading.active_count()]))
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(answer, sock=listener) as server:
        await server.serve_forever()


def run(listener: socket) -> None:
    asyncio.run(serve(listener))


if __name__ == "__main__":
    with create_server(("127.0.0.1", 0)) as listener, ExitStack() as peers:
        server = Process(target=run, args=(listener,), daemon=True)
        server.start()
        here = listener.getsockname()
        ends = [peers.enter_context(create_connection(here)) for _ in range(PEERS)]
        answers = [end.recv(1)[0] for end in ends]
        print("peers with an answer:", len(answers))
        print("threads of their server:", max(answers))
        server.kill()
        server.join()
