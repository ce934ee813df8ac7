""":Cause: the peer is silent
:Grade: LIKELY
"""

import socket
import threading
from multiprocessing import Event, Process
from typing import Any


def serve(listener: socket.socket, never: Any) -> None:
    connection, _ = listener.accept()
    threading.Thread(target=threading.Event().wait, args=(3600,), daemon=True).start()
    never.wait()
    connection.sendall(b"ok\n")


if __name__ == "__main__":
    listener = socket.create_server(("127.0.0.1", 0))
    never = Event()
    process = Process(target=serve, args=(listener, never))
    process.start()
    client = socket.create_connection(listener.getsockname())
    listener.close()
    client.sendall(b"a question\n")
    client.recv(100)
