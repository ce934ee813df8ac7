"""Call a function with each number in worker processes, and stop without losing work.

python graceful_shutdown.py --grace 5 time:sleep 2 1 60 3
"""

import os
import signal
import sys
from argparse import ArgumentParser, RawTextHelpFormatter
from contextlib import suppress
from multiprocessing import Pipe, Process, parent_process
from multiprocessing.connection import Connection, wait
from pkgutil import resolve_name
from threading import Thread
from time import monotonic
from typing import Any


def work(function: str, pipe: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent alone
    parent: Any = parent_process()  # which may be killed, and then cannot end us
    Thread(target=lambda: parent.join() or os._exit(1), daemon=True).start()
    for number in iter(pipe.recv, None):
        try:
            pipe.send(repr(resolve_name(function)(number)))
        except Exception as error:
            pipe.send(f"{type(error).__name__}: {error}")


def main() -> int:
    parser = ArgumentParser(description=__doc__, formatter_class=RawTextHelpFormatter)
    parser.add_argument("function", metavar="MODULE:FUNCTION")
    parser.add_argument("todo", metavar="NUMBER", nargs="+", type=int)
    parser.add_argument("--grace", metavar="S", type=float, default=5, help="(5)")
    args = parser.parse_args()
    crew: dict[Connection, Process] = {}
    for _ in range(2):
        ours, theirs = Pipe()
        crew[ours] = Process(target=work, args=(args.function, theirs), daemon=True)
        with theirs:
            crew[ours].start()
    heard, bell = Pipe(duplex=False)
    for each in (signal.SIGTERM, signal.SIGINT):  # now, so that no worker gets a copy
        signal.signal(each, lambda number, _: bell.send(number))
    idle, busy, lost = [*crew], dict[Connection, Any](), []
    asked, deadline, steps = 0, None, [Process.kill, Process.terminate]
    while idle or busy:
        for pipe in idle:
            busy[pipe] = args.todo.pop(0) if args.todo and not asked else None
            with suppress(BrokenPipeError):  # it has died, and its pipe will end
                pipe.send(busy[pipe])  # None: that is all
        idle, ready = [], wait([heard, *busy], deadline and deadline - monotonic())
        if heard in ready and (asked := heard.recv()) and not deadline:
            deadline = monotonic() + args.grace
            print(f"{signal.Signals(asked).name}: {args.grace:g} s left", flush=True)
        for pipe in busy.keys() & ready:
            try:
                said = pipe.recv()
            except (EOFError, OSError):  # it has ended
                lost.append(busy.pop(pipe))
                crew[pipe].join()
            else:
                print(f"{busy[pipe]}: {said}", flush=True)
                idle.append(pipe)
        if not ready:
            end, deadline = steps[-1], monotonic() + 1
            del steps[1:]
            print(f"{end.__name__} {len(busy)} of {len(crew)} workers", flush=True)
            for pipe in busy:
                end(crew[pipe])
    lost = [number for number in lost if number is not None]
    print(f"lost: {lost or 'none'}, not begun: {args.todo or 'none'}")
    return 128 + asked if asked else bool(lost or args.todo)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
