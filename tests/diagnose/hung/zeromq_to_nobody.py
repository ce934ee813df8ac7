""":Cause: ZeroMQ connected to nobody
:Grade: LIKELY
"""

import socket

import zmq

if __name__ == "__main__":
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    request = zmq.Context().socket(zmq.REQ)
    request.connect(f"tcp://127.0.0.1:{port}")
    request.send(b"a question")
    request.recv()
