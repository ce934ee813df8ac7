"""Share a dictionary in memory, ring, get one back, and see the other process die."""

import json
from multiprocessing import Process, get_context

from signal_recipe import BellEnd, open_pair


def serve(end: BellEnd) -> None:
    with end:
        token, request = end.recv()
        answer = json.dumps({"sum": sum(json.loads(request)["all"])})
        end.send((token + 1, answer.encode()))


if __name__ == "__main__":
    for request in {"all": [1, 2, 6]}, {"nothing": "to add up, which is its death"}:
        with open_pair(get_context(), 1000) as (ours, theirs):
            child = Process(target=serve, args=(theirs,), daemon=True)
            child.start()
            with ours:
                ours.send((1, json.dumps(request).encode()))
                child.join()  # recv would wait for ever for the turn of a dead one
                if child.exitcode == 0:
                    print(json.loads(ours.recv()[1]))
                else:
                    print("the child died with status", child.exitcode)
