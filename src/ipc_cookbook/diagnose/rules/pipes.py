"""Rules on pipes and queues: who reads, who writes, who has which end."""

from __future__ import annotations

from collections.abc import Iterator

from ipc_cookbook.diagnose.graph import Thread, Wait
from ipc_cookbook.diagnose.looking import pids
from ipc_cookbook.diagnose.picture import Picture
from ipc_cookbook.diagnose.rules.rule import Clue, Found, rule, waits


def full_and_unread(picture: Picture, *kinds: str) -> Iterator[tuple[Thread, Wait, Thread, Wait]]:
    """Who waits, and who waits for that one to read."""
    for thread, wait in picture.waiting(*kinds):
        pid = thread[0]
        for other in picture.chain(thread):
            for theirs in picture.waits[other].all_parts:
                end = theirs.other or theirs.on
                is_full = theirs.kind == "write" and pid in theirs.others and other[0] != pid
                rest = theirs.others - {pid, other[0]}
                if is_full and not picture.reads(pid, end) and all(map(picture.is_dead, rest)):
                    yield thread, wait, other, theirs


def told_full(picture: Picture, theirs: Wait, what: str) -> str:
    how = f" ({picture.look.full(theirs.on)})" if theirs.on.startswith("pipe:") else ""
    return f"waits to write into {what}{how}"


def is_a_programs(picture: Picture, theirs: Wait) -> bool:
    """Whether it is another program's standard output."""
    return theirs.fd in (1, 2)


@rule("join before drain", "read everything first, then join() or wait()", "join-before-drain")
def join_before_drain(picture: Picture) -> Found:
    for thread, wait, other, theirs in full_and_unread(picture, "child"):
        if not is_a_programs(picture, theirs):
            is_queue = picture.stack(other).is_in("_feed", "multiprocessing/queues.py")
            what = "the pipe of a multiprocessing.Queue" if is_queue else "a pipe"
            yield Clue(
                f"pid {thread[0]} {wait.text}; pid {other[0]} {told_full(picture, theirs, what)}, "
                f"which only pid {thread[0]} could empty",
                [thread, other],
            )


@rule(
    "wait before read",
    "use communicate(), which reads while it waits; or read first, then wait()",
    "subprocess-pipes",
)
def wait_before_read(picture: Picture) -> Found:
    for thread, wait, other, theirs in full_and_unread(picture, "child"):
        if is_a_programs(picture, theirs):
            yield Clue(
                f"pid {thread[0]} {wait.text}; pid {other[0]} "
                f"{told_full(picture, theirs, 'its standard output or error')}, which only pid "
                f"{thread[0]} could read",
                [thread, other],
            )


@rule(
    "reads one, and the other is full",
    "use communicate(), a thread, or selectors, to read both",
    "subprocess-pipes",
)
def reads_one_of_two(picture: Picture) -> Found:
    for thread, wait, other, theirs in full_and_unread(picture, "read"):
        if wait.others & {other[0]} and theirs.on != wait.on and theirs.other != wait.on:
            full = told_full(picture, theirs, "a pipe")
            yield Clue(
                f"pid {thread[0]} {wait.text}; pid {other[0]} {full}, which pid {thread[0]} "
                "does not read",
                [thread, other],
            )


@rule(
    "the child waits for its standard input",
    "give it stdin=DEVNULL, or close the pipe when all is written, as communicate() does",
)
def waits_for_input(picture: Picture) -> Found:
    for thread, _ in picture.waiting("child", "read"):
        for other in picture.chain(thread):
            theirs = picture.waits[other]
            is_input = theirs.kind == "read" and theirs.fd == 0 and other in picture.stuck
            if is_input and other[0] != thread[0] and thread[0] in theirs.others:
                yield Clue(
                    f"pid {thread[0]} waits for pid {other[0]}; pid {other[0]} {theirs.text}, "
                    f"whose other end pid {thread[0]} has open, and neither writes nor closes",
                    [thread, other],
                )


def pairs(picture: Picture, kind: str) -> Iterator[tuple[Thread, Wait, Thread, Wait]]:
    """Two processes that both wait so, each for the other."""
    found = [(thread, wait) for thread, wait in picture.waiting(kind)]
    for thread, wait in found:
        for other, theirs in found:
            is_between_them = wait.other == theirs.on if wait.other else theirs.on != wait.on
            is_mutual = thread[0] in theirs.others and other[0] in wait.others
            if thread[0] < other[0] and is_mutual and is_between_them:
                yield thread, wait, other, theirs


@rule(
    "both send",
    "let one side receive first, or receive in a thread; small messages hide it",
    "both-send",
)
def both_send(picture: Picture) -> Found:
    for thread, _, other, _ in pairs(picture, "write"):
        yield Clue(
            f"pid {thread[0]} and pid {other[0]} both wait to write to each other: neither reads, "
            "and what lies between them is full",
            [thread, other],
        )


@rule(
    "writer died in the middle of a message",
    "wait for the process's sentinel too, or use a pipe of one writer, all other copies closed",
    "killed-in-put",
)
def half_a_message(picture: Picture) -> Found:
    for thread, wait in picture.waiting("read"):
        stack = picture.stack(thread)
        is_inside = stack.is_in("_recv", "multiprocessing/connection.py") and wait.wanted != 4
        if is_inside and thread in picture.stuck and wait.others <= {thread[0]}:
            yield Clue(
                f"pid {thread[0]} {wait.text} the rest of a message, {wait.wanted:,} bytes; nobody "
                "else has the other end open: the writer died while it wrote",
                [thread],
            )


@rule(
    "writer gone",
    "wait for the process's sentinel too; let the child send its exception",
    "lost-exception",
)
def writer_gone(picture: Picture) -> Found:
    for thread, wait in picture.waiting("read"):
        is_get = picture.stack(thread).is_in("get", "multiprocessing/queues.py")
        if is_get and thread in picture.stuck and wait.others <= {thread[0]}:
            yield Clue(
                f"pid {thread[0]} waits for an item of a queue, and no other living process has "
                "that queue: whoever was to put one has ended",
                [thread],
            )


@rule(
    "own copy of the other end",
    "close the end that a process does not use, first thing in it",
    "end-left-open",
)
def own_copy(picture: Picture) -> Found:
    for thread, wait in picture.waiting("read"):
        is_all = not picture.waits[thread].parts
        if is_all and thread in picture.stuck and wait.others == {thread[0]} and is_between(wait):
            end = wait.other or wait.on
            numbers = [
                str(number)
                for number, opened in picture.process(thread[0]).opened.items()
                if opened.of == end and opened.writes and number != wait.fd
            ]
            where = f" (fd {', '.join(numbers)})" if numbers else ""
            yield Clue(
                f"pid {thread[0]} {wait.text}, and the other end is open in no process but itself"
                f"{where}: the end of the file never comes",
                [thread],
            )


@rule(
    "a sibling's copy of the other end",
    "close what a process does not use, first thing in it; or start it by spawn or forkserver",
    "end-left-open",
)
def siblings_copy(picture: Picture) -> Found:
    for thread, wait in picture.waiting("read", stuck=True):
        pid = thread[0]
        siblings = wait.others - {pid}
        if not siblings or not is_between(wait):
            continue
        parents = {picture.process(each).parent for each in siblings if each in picture.look.all}
        is_queue = picture.stack(thread).is_in("get", "multiprocessing/queues.py")
        is_theirs = not parents & wait.others and parents & picture.look.program
        if parents == {picture.process(pid).parent} and is_theirs and not is_queue:
            yield Clue(
                f"pid {pid} {wait.text}, and the other end is open in {pids(siblings)} alone, "
                "where it is not written to: a copy that was inherited and not closed keeps the "
                "end of the file from coming",
                [thread],
            )


def is_between(wait: Wait) -> bool:
    return wait.on.startswith(("pipe:", "socket:"))


@rule(
    "nothing more comes",
    "put one last item, None say, for each who reads, and let them end on it",
)
def nothing_comes(picture: Picture) -> Found:
    getting = [
        (thread, wait)
        for thread, wait in picture.waiting("read", "semaphore")
        if picture.stack(thread).is_in("get", "multiprocessing/queues.py")
        and thread in picture.stuck
        and not picture.stack(thread).is_in("worker", "multiprocessing/pool.py")
    ]
    for thread, wait in getting:
        if wait.kind == "read":
            same = [each for each, _ in getting if each[0] == thread[0] or each[0] in wait.others]
            yield Clue(
                f"{waits(same)} for an item of a queue; whoever else has it waits for them, or has "
                "ended",
                same,
            )


@rule(
    "both receive",
    "let one side send first; was the whole message sent, with its end (newline, length, flush)?",
)
def both_receive(picture: Picture) -> Found:
    for thread, wait, other, theirs in pairs(picture, "read"):
        if thread in picture.stuck and other in picture.stuck:
            yield Clue(
                f"pid {thread[0]} {wait.text}, and pid {other[0]} {theirs.text}: each waits for "
                "the other to write",
                [thread, other],
            )


@rule(
    "queue without a consumer",
    "wait for the consumer's sentinel too, or put with a timeout",
)
def no_consumer(picture: Picture) -> Found:
    for thread, wait in picture.waiting("semaphore"):
        is_put = picture.stack(thread).is_in("put", "multiprocessing/queues.py")
        if is_put and wait.semaphore and thread in picture.stuck:
            others = wait.semaphore.sharers - {thread[0]}
            who = f"{pids(others)} has it, and will not read" if others else "nobody else has it"
            yield Clue(
                f"pid {thread[0]} waits in put() for room in a queue of {wait.semaphore.largest}; "
                f"{who}",
                [thread],
            )


@rule(
    "reader gone",
    "wait for the reader's sentinel too; at exit, Queue.cancel_join_thread() gives up what is left",
)
def reader_gone(picture: Picture) -> Found:
    for thread, wait in picture.waiting("write", stuck=True):
        pid = thread[0]
        if wait.others <= {pid} and not picture.reads(pid, wait.other or wait.on):
            yield Clue(
                f"pid {pid} {wait.text} ({picture.look.full(wait.on)}), and the end to read from "
                "is open in no process but itself: its reader has ended, and no BrokenPipeError "
                "comes",
                [thread],
            )


@rule("order of opening a FIFO", "open the FIFOs in the same order on both sides")
def opening_order(picture: Picture) -> Found:
    waiting = [(thread, wait) for thread, wait in picture.waiting("open") if wait.on]
    if len({wait.on for _, wait in waiting}) > 1:
        told = "; ".join(f"pid {thread[0]} {wait.text}" for thread, wait in waiting)
        yield Clue(told, [thread for thread, _ in waiting])
