"""Send a dictionary in a line of JSON, get one back, and see the other process die."""

import json
from contextlib import suppress
from multiprocessing import Process, get_context

from json_lines_recipe import JsonEnd, open_pair


def serve(end: JsonEnd) -> None:
    with end as lines:
        token, request = lines.recv()
        answer = json.dumps({"sum": sum(json.loads(request)["all"])})
        lines.send((token + 1, answer.encode()))
    raise SystemExit(3)  # it dies, and does not say so


if __name__ == "__main__":
    with open_pair(get_context(), 1000) as (ours, theirs):
        child = Process(target=serve, args=(theirs,), daemon=True)
        child.start()
        theirs.reader.close()  # our copy: while it is open, no death is seen
        theirs.writer.close()
        with suppress(EOFError, OSError), ours as lines:
            lines.send((1, json.dumps({"all": [1, 2, 6]}).encode()))
            while True:
                print(json.loads(lines.recv()[1]))
    child.join()
    print("the child died with status", child.exitcode)
