"""The program does not exit: ZeroMQ context.term() hangs.

:Asked as: Context.term() hangs, zmq context.term() hangs, ZMQ hangs on exit, zeromq
    program does not exit
:Cause: What was sent to a peer that does not take it stays in the socket's queue. term
    waits until all of it is gone, and there is no limit unless one is set.
:Fix: Say how long it may linger: ``socket.close(linger=500)``, in milliseconds. What
    has not gone by then is lost.
:Affects: every start method
:Known as: zeromq/pyzmq#102
:Outcome: hangs; mended, it prints over
"""

from socket import create_server

import zmq

if __name__ == "__main__":
    with create_server(("127.0.0.1", 0)) as silent:  # it listens, and says nothing
        port = silent.getsockname()[1]
        context = zmq.Context()
        socket = context.socket(zmq.PUSH)
        socket.connect(f"tcp://127.0.0.1:{port}")
        socket.send(b"a word")
        socket.close()
        context.term()
        print("over")
