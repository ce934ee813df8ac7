"""Rules on processes: one is stopped, does not end, or runs in circles."""

from __future__ import annotations

from ipc_cookbook.diagnose.looking import pids
from ipc_cookbook.diagnose.picture import Picture
from ipc_cookbook.diagnose.rules.rule import Clue, Found, rule


@rule("stopped process", "let it go on: kill -CONT, or fg in its terminal")
def stopped(picture: Picture) -> Found:
    for thread, wait in picture.waits.items():
        pid, tid = thread
        if wait.kind == "stopped" and pid == tid:
            waiting = {one for (one, _), each in picture.waits.items() if pid in each.others}
            who = f"; {pids(waiting - {pid})} could be woken by it" if waiting - {pid} else ""
            yield Clue(f"pid {pid} {wait.text}{who}", [thread])


@rule(
    "a worker does not end",
    "let the worker end when its parent does, or terminate() it before the program ends",
    "ctrl-c-leaves-workers",
)
def worker_stays(picture: Picture) -> Found:
    for thread, wait in picture.waiting("child"):
        is_at_exit = picture.stack(thread).is_in("_exit_function", "multiprocessing/util.py")
        child = wait.child
        if is_at_exit and child and thread in picture.stuck:
            ignores = picture.process(child).handles({2}, "SigIgn")
            how = f"; it ignores Ctrl-C, and {picture.waits[child, child].text}" if ignores else ""
            yield Clue(
                f"pid {thread[0]} is at its end, and {wait.text}{how}",
                [thread],
            )


@rule(
    "spinning",
    "wait instead of looking again and again; and watch the process that was to change it",
)
def spinning(picture: Picture) -> Found:
    for thread in picture.busy:
        pid = thread[0]
        process = picture.process(pid)
        files = {
            file
            for file, part in process.shared.items()
            if "w" in part.permissions and "/sem." not in part.path
        }
        sharing = set().union(*(picture.look.sharers(file) for file in files)) - {pid}
        files_of_poll = ("popen_fork.py", "popen_forkserver.py")
        asks = picture.is_sometimes_in(thread, "poll", files_of_poll)
        children = picture.look.workers_of(pid)
        where = picture.where(thread)
        at = f" at {where}" if where else ""
        if asks and children and all(all_still(picture, each) for each in children):
            yield Clue(
                f"pid {pid} runs all the time{at}, and asks whether {pids(children)} ended, "
                "and nothing moves there",
                [thread],
            )
        elif files and all(all_still(picture, each) for each in sharing):
            who = f"{pids(sharing)} does not move" if sharing else "nobody else has it any more"
            yield Clue(
                f"pid {pid} runs all the time{at}; it has memory that others share, and {who}",
                [thread],
            )


def all_still(picture: Picture, pid: int) -> bool:
    return all(each in picture.still for each in picture.threads_of(pid))
