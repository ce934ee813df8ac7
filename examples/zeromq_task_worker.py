"""A worker of a task farm: it calls a function with each task it is given, until there is none.

    python examples/zeromq_task_worker.py math:factorial ipc:///ADDRESS

The address is the one that zeromq_task_farm.py says. A worker may come at any time and, with
Ctrl-C, go at any time; the function must be the one that the farm's other workers have.
"""

import sys
from collections.abc import Callable
from multiprocessing import parent_process
from typing import Any

import command_line
import workers
from command_line import complain, needing

with needing("pyzmq"):
    import zmq

Function = Callable[[Any], Any]
THE_END = zmq.EVENT_DISCONNECTED | zmq.EVENT_CONNECT_RETRIED


def answer(function: Function, line: bytes) -> tuple[bytes, bytes]:
    """The result, or what is wrong."""
    try:
        return repr(function(command_line.literal(line.decode()))).encode(), b""
    except Exception as error:
        return b"", f"{type(error).__name__}: {error}".encode()


def work(function: Function, address: str) -> int:
    """Do tasks until there are no more. 1 if the farm has gone before it said so."""
    if parent_process():
        workers.end_with_parent()
    with zmq.Context() as context:
        with workers.ctrl_c_is_for_us():  # the context waits for ever for half a socket
            farm = context.socket(zmq.REQ)
            gone = farm.get_monitor_socket(THE_END)
        farm.linger = 0
        farm.connect(address)
        farm.send_multipart([b"", b"", b""])  # ready
        while True:
            zmq.select([farm, gone], [], [])
            if not farm.poll(0):
                complain("the farm has gone")
                return 1
            number, line = farm.recv_multipart()
            if not number:
                return 0
            farm.send_multipart([number, *answer(function, line)])


def main() -> int:
    parser = command_line.make_parser(__doc__)
    parser.add_argument("function", metavar="MODULE:FUNCTION", type=command_line.function)
    parser.add_argument("address", metavar="ADDRESS")
    args = parser.parse_args()
    try:
        return work(args.function, args.address)
    except zmq.ZMQError as error:
        sys.exit(f"{args.address}: {error}")


if __name__ == "__main__":
    command_line.run(main)
