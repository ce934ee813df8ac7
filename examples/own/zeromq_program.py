"""Send a dictionary over ZeroMQ, get one back, and see the other process die."""

import json
from multiprocessing import Process, get_context

from zeromq_recipe import ZmqEnd, open_pair


def serve(end: ZmqEnd) -> None:
    with end as socket:
        token, request = socket.recv()
        answer = json.dumps({"sum": sum(json.loads(request)["all"])})
        socket.send((token + 1, answer.encode()))
    raise SystemExit(3)  # it dies, and does not say so


if __name__ == "__main__":
    with open_pair(get_context(), 1000) as (theirs, ours), ours as end:
        child = Process(target=serve, args=(theirs,), daemon=True)
        child.start()
        end.send((1, json.dumps({"all": [1, 2, 6]}).encode()))
        # what came before its death as well
        while child.is_alive() or end.socket.poll(1000):
            if end.socket.poll(100):
                print(json.loads(end.recv()[1]))
    child.join()
    print("the child died with status", child.exitcode)
