"""Send a dictionary over a Unix socket, get one back, and see the other process die."""

import json
from contextlib import suppress
from multiprocessing import Process, get_context

from unix_socket_recipe import UnixEnd, open_pair


def serve(end: UnixEnd) -> None:
    with end:
        token, request = end.recv()
        answer = json.dumps({"sum": sum(json.loads(request)["all"])})
        end.send((token + 1, answer.encode()))
    raise SystemExit(3)  # it dies, and does not say so


if __name__ == "__main__":
    with open_pair(get_context(), 1000) as (ours, theirs):
        child = Process(target=serve, args=(theirs,), daemon=True)
        child.start()
        with suppress(EOFError, OSError), ours:
            ours.send((1, json.dumps({"all": [1, 2, 6]}).encode()))
            while True:
                print(json.loads(ours.recv()[1]))
    child.join()
    print("the child died with status", child.exitcode)
