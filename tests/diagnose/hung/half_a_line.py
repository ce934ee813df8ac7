""":Cause: both receive"""

import socket
from multiprocessing import Process


def serve(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    connection.makefile("rb").readline()
    connection.sendall(b"ok\n")


if __name__ == "__main__":
    listener = socket.create_server(("127.0.0.1", 0))
    process = Process(target=serve, args=(listener,))
    process.start()
    client = socket.create_connection(listener.getsockname())
    listener.close()
    client.sendall(b"no end of the line")
    client.recv(100)
