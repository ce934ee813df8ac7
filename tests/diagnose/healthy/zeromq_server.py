"""A ZeroMQ socket that waits for questions."""

import zmq

if __name__ == "__main__":
    reply = zmq.Context().socket(zmq.REP)
    reply.bind_to_random_port("tcp://127.0.0.1")
    print("ready", flush=True)
    reply.recv()
