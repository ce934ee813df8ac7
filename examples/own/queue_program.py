"""Send a dictionary through a queue, get one back, and see the other process die."""

import json
from contextlib import suppress
from multiprocessing import Process, get_context
from queue import Empty

from queue_recipe import CrossedQueues, open_pair


def serve(end: CrossedQueues) -> None:
    token, request = end.recv()
    answer = json.dumps({"sum": sum(json.loads(request)["all"])})
    end.send((token + 1, answer.encode()))
    raise SystemExit(3)  # it dies, and does not say so


if __name__ == "__main__":
    with open_pair(get_context(), 1000) as (ours, theirs):
        child = Process(target=serve, args=(theirs,), daemon=True)
        child.start()
        ours.send((1, json.dumps({"all": [1, 2, 6]}).encode()))
        # a get alone may wait for ever
        while child.is_alive() or not ours.incoming.empty():
            with suppress(Empty):
                print(json.loads(ours.incoming.get(timeout=0.1)[1]))
    print("the child died with status", child.exitcode)
