"""A server whose client has nothing to say for a while."""

import socket
import time
from multiprocessing import Process


def serve(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    connection.sendall(b"welcome")
    connection.recv(100)


if __name__ == "__main__":
    listener = socket.create_server(("127.0.0.1", 0))
    process = Process(target=serve, args=(listener,))
    process.start()
    client = socket.create_connection(listener.getsockname())
    listener.close()
    client.recv(100)
    print("ready", flush=True)
    time.sleep(600)
