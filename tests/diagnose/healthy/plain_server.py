"""A server that waits in accept."""

import socket

if __name__ == "__main__":
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print("ready", flush=True)
        listener.accept()
