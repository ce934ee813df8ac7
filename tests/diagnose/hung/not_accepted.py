""":Cause: nobody accepts the connection"""

import socket

if __name__ == "__main__":
    listener = socket.create_server(("127.0.0.1", 0))
    client = socket.create_connection(listener.getsockname())
    client.recv(100)
