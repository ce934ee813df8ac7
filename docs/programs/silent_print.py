"""What print() writes to a pipe stays in the buffer of its process, and both wait."""

import os
import sys
from select import select
from subprocess import PIPE, Popen

BUFFERED = {**os.environ, "PYTHONUNBUFFERED": ""}  # as if nobody had set it


def ask(answering: str, patience_s: float) -> None:
    command = [sys.executable, "-c", f"import sys\nfor line in sys.stdin: {answering}"]
    with Popen(
        command, stdin=PIPE, stdout=PIPE, text=True, bufsize=1, env=BUFFERED
    ) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        program.stdin.write("Ping\n")  # goes out at once: bufsize=1
        came, _, _ = select([program.stdout], [], [], patience_s)
        print(f"{answering}: has an answer come?", bool(came))
        program.stdin.close()  # so the program ends, and lets go of what it has
        print("and after its end:", program.stdout.read().strip())


ask("print('Pong')", 1)
ask("print('Pong', flush=True)", 30)
