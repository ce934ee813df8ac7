"""A ZeroMQ client whose server takes long to answer."""

import time
from multiprocessing import Pipe, Process
from typing import Any

import zmq


def serve(end: Any) -> None:
    reply = zmq.Context().socket(zmq.REP)
    end.send(reply.bind_to_random_port("tcp://127.0.0.1"))
    reply.recv()
    print("ready", flush=True)
    time.sleep(600)


if __name__ == "__main__":
    mine, theirs = Pipe()
    process = Process(target=serve, args=(theirs,), daemon=True)
    process.start()
    request = zmq.Context().socket(zmq.REQ)
    request.connect(f"tcp://127.0.0.1:{mine.recv()}")
    request.send(b"a question")
    request.recv()
