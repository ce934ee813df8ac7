"""A queue for each direction: then nobody takes back what it has sent itself."""

import json
from contextlib import suppress
from multiprocessing import Process, get_context
from queue import Empty

from one_queue_recipe import OneQueue, open_pair


def serve(jobs: OneQueue, results: OneQueue) -> None:
    token, request = jobs.recv()
    answer = json.dumps({"sum": sum(json.loads(request)["all"])})
    results.send((token, answer.encode()))
    raise SystemExit(3)  # it dies, and does not say so


if __name__ == "__main__":
    context = get_context()
    with open_pair(context, 99) as (jobs, _), open_pair(context, 99) as (results, _):
        child = Process(target=serve, args=(jobs, results), daemon=True)
        child.start()
        jobs.send((1, json.dumps({"all": [1, 2, 6]}).encode()))
        while child.is_alive() or not results.queue.empty():
            with suppress(Empty):
                print(json.loads(results.queue.get(timeout=0.1)[1]))
    print("the child died with status", child.exitcode)
