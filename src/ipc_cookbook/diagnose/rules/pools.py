"""Rules on pools, executors and event loops."""

from __future__ import annotations

from collections.abc import Iterator

from ipc_cookbook.diagnose.graph import Thread
from ipc_cookbook.diagnose.looking import pids
from ipc_cookbook.diagnose.picture import Picture
from ipc_cookbook.diagnose.rules.rule import Clue, Found, rule


def pool_callers(picture: Picture) -> Iterator[tuple[Thread, list[Thread]]]:
    """Who waits for a Pool's results while its workers wait for tasks, and those workers."""
    for thread in picture.still:
        stack = picture.stack(thread)
        if stack.is_in("get", "pool.py") or stack.is_in("next", "pool.py"):
            workers = [
                other
                for other in picture.waits
                if other[0] in picture.look.workers_of(thread[0])
                and picture.stack(other).is_in("worker", "pool.py")
            ]
            idle = [each for each in workers if picture.stack(each).is_in("get", "queues.py")]
            if workers and idle == workers and all(each in picture.stuck for each in idle):
                yield thread, workers


@rule(
    "the Pool's result handler died",
    "call super().__init__ with all of the exception's arguments, or raise one of Python's own",
    "exception-that-does-not-unpickle",
)
def result_handler_died(picture: Picture) -> Found:
    for thread, workers in pool_callers(picture):
        stacks = [picture.stack(each) for each in picture.threads_of(thread[0])]
        if not any(stack.is_in("_handle_results", "pool.py") for stack in stacks):
            yield Clue(
                f"pid {thread[0]} waits for results of a Pool, and the thread that would read them "
                "has ended: most often by an exception that does not unpickle",
                [*picture.threads_of(thread[0]), *workers],
            )


@rule(
    "the Pool lost a task",
    "use concurrent.futures.ProcessPoolExecutor, which raises BrokenProcessPool; or get(timeout)",
    "pool-after-oom",
)
def lost_task(picture: Picture) -> Found:
    for thread, workers in pool_callers(picture):
        ids = pids(pid for pid, _ in workers)
        yield Clue(
            f"pid {thread[0]} waits for results of a Pool, and its workers ({ids}) have nothing to "
            "do: a worker died with its task, and another one took its place",
            [*picture.threads_of(thread[0]), *workers],
        )


@rule(
    "the executor waits for itself",
    "do not wait in a task for a task of the same executor; or give it more workers",
)
def executor_in_itself(picture: Picture) -> Found:
    for pid in picture.look.members:
        workers = [
            each
            for each in picture.threads_of(pid)
            if picture.stack(each).is_in("_worker", "concurrent/futures/thread.py")
        ]
        waiting = [
            each
            for each in workers
            if picture.stack(each).is_in("result", "concurrent/futures/_base.py")
        ]
        if workers and waiting == workers and all(each in picture.stuck for each in workers):
            yield Clue(
                f"all {len(workers)} workers of an executor in pid {pid} wait for results of "
                "tasks, which only they could work on",
                workers,
            )


@rule(
    "the event loop has nothing to wait for",
    "look at what is awaited: whoever was to set it, or to put it, has ended, or was never started",
)
def empty_loop(picture: Picture) -> Found:
    """An event loop waits at a pair of sockets of its own, by which it is woken."""
    for thread in picture.still & picture.stuck:
        stack, wait = picture.stack(thread), picture.waits[thread]
        if stack.is_in("run_forever", "asyncio/base_events.py") and wait.others == {thread[0]}:
            yield Clue(
                f"the event loop of pid {thread[0]} has no timer, and waits for nothing but a word "
                "from another thread, of which none can go on",
                [thread],
            )
