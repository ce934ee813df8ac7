"""What one process assigns to a global variable, another one never sees."""

import json
from multiprocessing import Process, get_context

from global_recipe import GlobalVariable, open_pair


def serve(end: GlobalVariable) -> None:
    token, request = end.recv()  # its own copy, and there is nothing in it
    answer = json.dumps({"sum": sum(json.loads(request)["all"])})
    end.send((token + 1, answer.encode()))


if __name__ == "__main__":
    with open_pair(get_context(), 1000) as (ours, theirs):
        child = Process(target=serve, args=(theirs,), daemon=True)
        child.start()
        ours.send((1, json.dumps({"all": [1, 2, 6]}).encode()))
        child.join()
        print("the parent reads what it wrote itself:", json.loads(ours.recv()[1]))
        print("the child died with status", child.exitcode)
