"""Send a dictionary through a pipe, get one back, and see the other process die."""

import json
from contextlib import suppress
from multiprocessing import Process, get_context

from pipe_recipe import PipeEnd, open_pair


def serve(end: PipeEnd) -> None:
    token, request = end.recv()
    answer = json.dumps({"sum": sum(json.loads(request)["all"])})
    end.send((token + 1, answer.encode()))
    raise SystemExit(3)  # it dies, and does not say so


if __name__ == "__main__":
    with suppress(EOFError, OSError), open_pair(get_context(), 1000) as (ours, theirs):
        child = Process(target=serve, args=(theirs,), daemon=True)
        child.start()
        theirs.connection.close()  # our copy: while it is open, no death is seen
        ours.send((1, json.dumps({"all": [1, 2, 6]}).encode()))
        while True:
            print(json.loads(ours.recv()[1]))
    child.join()
    print("the child died with status", child.exitcode)
