""":Cause: ZeroMQ linger
:Grade: LIKELY
"""

import socket

import zmq

if __name__ == "__main__":
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    context = zmq.Context()
    push = context.socket(zmq.PUSH)
    push.connect(f"tcp://127.0.0.1:{port}")
    push.send(b"a word")
    push.close()
    context.term()
