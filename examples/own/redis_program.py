"""Send a dictionary through Redis, get one back, and see the other process die."""

import json
from multiprocessing import Process, get_context

from redis_recipe import ServerEnd, open_pair


def serve(end: ServerEnd) -> None:
    with end:
        token, request = end.recv()
        answer = json.dumps({"sum": sum(json.loads(request)["all"])})
        end.send((token + 1, answer.encode()))
    raise SystemExit(3)  # it dies, and does not say so


if __name__ == "__main__":
    with open_pair(get_context(), 1000) as (ours, theirs), ours:
        child = Process(target=serve, args=(theirs,), daemon=True)
        child.start()
        ours.send((1, json.dumps({"all": [1, 2, 6]}).encode()))
        child.join()  # recv would wait for ever for a word of a dead one
        if ours.server.exists(ours.own):  # what it had said is in the list all the same
            print(json.loads(ours.recv()[1]))
        print("the child died with status", child.exitcode)
