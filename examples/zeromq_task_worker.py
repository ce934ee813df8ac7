"""A worker of a task farm: it calls a function with each task until there is none.

    python zeromq_task_worker.py math:factorial ipc:///ADDRESS

The address is the one that zeromq_task_farm.py says, and a task is a Python literal.
A worker may come at any time and, with Ctrl-C, go at any time. It ends when the farm
does. With --keys it shows its key, and works only for a farm whose public key it has.
"""

import ast
import sys
from argparse import ArgumentParser, RawTextHelpFormatter
from pathlib import Path
from pkgutil import resolve_name

import zmq
from zmq.auth import load_certificate

THE_END = zmq.EVENT_DISCONNECTED | zmq.EVENT_CONNECT_RETRIED
THE_END |= zmq.EVENT_HANDSHAKE_FAILED_AUTH


def work(function: str, farm: "zmq.Socket[bytes]", gone: "zmq.Socket[bytes]") -> int:
    """Do tasks until there are no more. 1 if the farm has gone before it said so."""
    call, number, answer = resolve_name(function), b"", ""
    while True:
        farm.send_multipart([number, answer.encode()])
        zmq.select([farm, gone], [], [])
        if not farm.poll(0):
            print("the farm has gone, or does not let us in", file=sys.stderr)
            return 1
        number, line = farm.recv_multipart()
        if not number:
            return 0
        try:
            answer = f"{line.decode()}: {call(ast.literal_eval(line.decode()))!r}"
        except Exception as error:
            answer = f"{line.decode()}: {type(error).__name__}: {error}"


def main() -> int:
    parser = ArgumentParser(description=__doc__, formatter_class=RawTextHelpFormatter)
    add = parser.add_argument
    add("function", metavar="MODULE:FUNCTION")
    add("address", metavar="ADDRESS")
    add("--keys", type=Path, metavar="DIR", help="farm.key and worker.key_secret")
    args = parser.parse_args()
    with zmq.Context().socket(zmq.REQ) as farm:
        farm.linger = 0
        farm.heartbeat_ivl = 2000  # ms: a farm whose host vanishes is missed
        if args.keys:
            farm.curve_serverkey, _ = load_certificate(args.keys / "farm.key")
            own = load_certificate(args.keys / "worker.key_secret")
            farm.curve_publickey, farm.curve_secretkey = own
        with farm.get_monitor_socket(THE_END) as gone:
            farm.connect(args.address)
            status = work(args.function, farm, gone)
    farm.context.term()  # not after Ctrl-C: it may have come as a socket was made
    return status


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
