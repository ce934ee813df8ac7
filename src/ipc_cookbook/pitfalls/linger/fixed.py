"""Say how long what is not sent yet may linger."""

from socket import create_server

import zmq

if __name__ == "__main__":
    with create_server(("127.0.0.1", 0)) as silent:  # it listens, and says nothing
        port = silent.getsockname()[1]
        context = zmq.Context()
        socket = context.socket(zmq.PUSH)
        socket.connect(f"tcp://127.0.0.1:{port}")
        socket.send(b"a word")
        socket.close(linger=500)
        context.term()
        print("over")
