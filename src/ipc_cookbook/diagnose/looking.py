"""One look at a program: what each of its threads waits for, and who could wake it."""

from __future__ import annotations

import os
import re
import stat
import struct
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import suppress

from ipc_cookbook.diagnose.graph import Semaphore, Thread, Wait, Waker
from ipc_cookbook.diagnose.process import Call, Counters, Process, all_processes
from ipc_cookbook.diagnose.semaphores import SemLock, sem_locks, value_at
from ipc_cookbook.diagnose.sockets import UNIX, Socket, sockets_of

SEARCHED_SHARE = 0.6
"""Of the seconds between the two looks: how much CPU time it may take to search memory for who
holds locks. It is CPU time, or a busy machine would see less than an idle one."""

MOST_POLLED = 1024
MOST_NAMED = 7
MOST_LISTINGS = 20
FEW = 8
P_ALL, P_PID, P_PGID, P_PIDFD = range(4)
F_SETLKW, F_OFD_SETLKW = 7, 38
POLLIN, POLLOUT = 1, 4
FORK_SERVER, SPAWNED = "multiprocessing.forkserver", "multiprocessing.spawn"
SEMAPHORE_OF_MULTIPROCESSING = "sem.mp-"
TRACKER = "multiprocessing.resource_tracker"


class Look:
    """What there is to see from outside, at one moment. Nothing is stopped or written."""

    def __init__(self, roots: Iterable[int], seconds: float) -> None:
        self.roots = list(roots)
        self.search_s = SEARCHED_SHARE * seconds
        self.notes: list[str] = []
        self.is_coarse = False
        self.all: dict[int, Process] = {}
        self.counters: dict[int, dict[int, Counters]] = {}
        self.list_all()
        self.children: dict[int, list[int]] = defaultdict(list)
        self.ends: dict[str, list[tuple[int, int, bool, bool]]] = defaultdict(list)
        for process in self.all.values():
            self.children[process.parent].append(process.pid)
        for process in [*self.all.values(), Process(os.getpid(), os.getppid())]:
            for number, opened in process.opened.items():
                self.ends[opened.of].append((process.pid, number, opened.reads, opened.writes))
        self.sockets = sockets_of(self.roots[0])
        if not any(each.kind == UNIX for each in self.sockets.values()):
            self.notes.append("the kernel does not say who has the other ends of Unix sockets")
        self.program = self.descendants()
        self.members: dict[int, Process] = {}
        self.waits: dict[Thread, Wait] = {}
        self.see_all()
        parents = {self.all[pid].parent for pid in self.roots if pid in self.all} & {*self.all}
        self.is_foreign = any(each != 1 and not self.all[each].is_readable for each in parents)

    def list_all(self) -> None:
        """And count, until none is new: whoever starts another one from here on has moved."""
        for _ in range(MOST_LISTINGS):
            if not (new := all_processes(but=self.all)):
                break
            self.all |= new
            self.counters |= {pid: process.counters() for pid, process in new.items()}

    def descendants(self) -> set[int]:
        found, todo = set(), list(self.roots)
        while todo:
            pid = todo.pop()
            if pid in self.all and pid not in found:
                found.add(pid)
                todo += self.children[pid]
        return found

    def see_all(self) -> None:
        """Look at the program, at whoever could wake it, at whoever could wake those, and so on."""
        todo = list(self.program)
        while todo:
            pid = todo.pop()
            if pid in self.members or pid not in self.all:
                continue
            process = self.members[pid] = self.all[pid]
            for tid in process.threads():
                wait = self.waits[pid, tid] = self.wait_of(process, tid)
                todo += wait.others
                if wait.kind in ("semaphore", "memory"):
                    todo += self.sharers(wait.on)
        self.find_holders()

    # What processes have in common.

    def holders(self, of: str, *, reads: bool = False, writes: bool = False) -> set[int]:
        """Who has something open, to read from it or to write to it."""
        return {
            pid
            for pid, _, may_read, may_write in self.ends.get(of, ())
            if (may_read or not reads) and (may_write or not writes)
        }

    def sharers(self, file: str) -> set[int]:
        """Who has mapped a file's memory."""
        return {pid for pid, process in self.all.items() if file in process.shared}

    def is_fork_server(self, pid: int) -> bool:
        """It, and not one of its children, which have its command line."""
        process = self.all.get(pid)
        parent = self.all.get(process.parent) if process else None
        return bool(process) and serves_forks(process) and not serves_forks(parent)

    def is_helper(self, pid: int) -> bool:
        """Whether it is one of multiprocessing's own, which serve the program."""
        return self.is_fork_server(pid) or TRACKER in " ".join(self.all[pid].command)

    def workers_of(self, pid: int) -> set[int]:
        """The processes that it has started itself, or by its fork server."""
        started = self.children[pid]
        by_server = [
            each for pid in started if self.is_fork_server(pid) for each in self.children[pid]
        ]
        return {each for each in [*started, *by_server] if not self.is_helper(each)}

    def is_started_anew(self, pid: int) -> bool:
        """Whether it began with an empty memory, and may be about to get what it shares."""
        process = self.all.get(pid)
        command = " ".join(process.command) if process else ""
        return SPAWNED in command or FORK_SERVER in command

    def full(self, of: str) -> str:
        """How full a pipe is. A FIFO is not asked: to open it might wake somebody."""
        import fcntl

        for pid, number, reads, _ in self.ends.get(of, ()):
            if reads and of.startswith("pipe:"):
                with suppress(OSError):
                    path = f"/proc/{pid}/fd/{number}"
                    copy = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
                    try:
                        size = fcntl.fcntl(copy, fcntl.F_GETPIPE_SZ)
                        filled = fcntl.ioctl(copy, 0x541B, bytes(4))  # FIONREAD
                    finally:
                        os.close(copy)
                    return f"{struct.unpack('=i', filled)[0]:,} of {size:,} bytes full"
        return "full"

    # What one thread does.

    def wait_of(self, process: Process, tid: int) -> Wait:
        try:
            call = process.call(tid)
        except PermissionError:
            return self.guess(process, tid)
        if call.name == "stopped":
            return self.stopped(process, tid)
        if call.name in WAITS and call.arguments:
            return WAITS[call.name](self, process, call)
        kind, text = PLAIN.get(call.name, ("other", "is in the kernel"))
        return Wait(kind, text, is_open=call.name != "ended")

    def stopped(self, process: Process, tid: int) -> Wait:
        tracer = int(process.field(f"task/{tid}/status", "TracerPid") or 0)
        if tracer:
            return Wait("traced", f"is stopped by a debugger, pid {tracer}", is_open=True)
        return Wait("stopped", "is stopped (SIGSTOP, or Ctrl-Z)")

    def guess(self, process: Process, tid: int) -> Wait:
        """Without the right to see a call's arguments: by the place in the kernel."""
        self.is_coarse = True
        name = process.place(tid)
        if name == "wait4":
            return self.any_child(process)
        if name in ("read", "write"):
            reads = name == "read"
            ends = [
                number
                for number, opened in process.opened.items()
                if opened.of.startswith(("pipe:", "socket:", "fifo:"))
                and (opened.reads if reads else opened.writes)
            ]
            if ends:
                return merged([self.at(process, number, name) for number in ends], "waits: ")
        return Wait("unknown", "waits, and it may not be seen for what", is_open=True)

    def at(self, process: Process, number: int, kind: str, wanted: int = 0) -> Wait:
        """It waits at a descriptor, to read from it or to write to it."""
        opened = process.opened.get(number)
        of = opened.of if opened else ""
        does = "read from" if kind == "read" else "write to"
        if of.startswith(("pipe:", "fifo:")):
            if kind == "read" and (child := self.child_behind(process, of)):
                return self.child(process, child)
            others = self.holders(of, writes=kind == "read", reads=kind == "write")
            what = "a pipe" if of.startswith("pipe:") else f"the FIFO {of.split(':', 3)[3]}"
            return Wait(
                kind,
                f"waits to {does} {what} (fd {number})",
                of,
                wakers=any_of(others),
                is_open=not others,
                wanted=wanted,
                fd=number,
            )
        if of.startswith("socket:") and (found := self.sockets.get(inode_of(of))):
            return self.at_socket(found, number, kind, of, wanted)
        if of.startswith("eventfd:"):
            is_open = of == "eventfd:"  # before Linux 5.2 they have no numbers
            wakers = any_of(self.holders(of))
            return Wait("event", f"waits for an eventfd (fd {number})", of, "", wakers, is_open)
        if of == "anon_inode:[pidfd]":
            pid = int(process.field(f"fdinfo/{number}", "Pid") or 0)
            return self.child(process, pid)
        what = of if of.startswith("/") else of.removeprefix("anon_inode:") or "something"
        return Wait("outside", f"waits to {does} {what} (fd {number})", of, is_open=True)

    def at_socket(self, found: Socket, number: int, kind: str, of: str, wanted: int) -> Wait:
        """Who waits at a socket: for a client, or for the other side."""
        if found.is_listening:
            text = f"waits for a client at {found.kind} {found.name}".rstrip()
            return Wait("accept", text, of, is_open=True)
        other, state = f"socket:[{found.peer}]", ""
        others = self.holders(other) if found.peer else set()
        if not others and (listener := self.listener_for(found)):
            other = f"socket:[{listener.inode}]"
            others = self.holders(other)
            state = ", not accepted yet"
        elif found.kind == "TCP":
            state = f"; Send-Q {found.unsent}, Recv-Q {found.unread}"
            if peer := self.sockets.get(found.peer):
                state += f"; there Send-Q {peer.unsent}, Recv-Q {peer.unread}"
        does = "read from" if kind == "read" else "write to"
        what = "the TCP connection" if found.kind == "TCP" else f"a {found.kind}"
        return Wait(
            kind,
            f"waits to {does} {what} {found.name}".rstrip() + f" (fd {number}{state})",
            of,
            other,
            any_of(others),
            is_open=not others,
            wanted=wanted,
            fd=number,
        )

    def listener_for(self, found: Socket) -> Socket | None:
        """The listening socket that has not accepted a connection."""
        listeners = (each for each in self.sockets.values() if found.inode in each.waiting)
        return next(listeners, None)

    def is_not_accepted(self, of: str) -> bool:
        found = self.sockets.get(inode_of(of))
        return bool(found and self.listener_for(found))

    def lies_unread(self, of: str) -> bool:
        """Whether the other side of a TCP connection has not read what was sent to it."""
        found = self.sockets.get(inode_of(of))
        if found is None or found.kind != "TCP":
            return False
        peer = self.sockets.get(found.peer)
        return bool(found.unsent or (peer and peer.unread))

    def child_behind(self, process: Process, of: str) -> int | None:
        """The process at whose end a fork server writes to a pipe.

        multiprocessing makes that pipe right before the one through which the new process hears
        of its parent's end: the number of that one is the next.
        """
        writers = self.holders(of, writes=True)
        if len(writers) != 1 or not self.is_fork_server(*writers):
            return None
        following = f"pipe:[{inode_of(of) + 1}]"
        if process.pid not in self.holders(following, writes=True):
            return None
        readers = self.holders(following, reads=True) & {*self.children[writers.pop()]}
        return min(readers, default=None)

    def child(self, process: Process, pid: int) -> Wait:
        known = self.all.get(pid)
        main = pid if known and known.is_python and known.state(pid) != "Z" else None
        wakers: set[Waker] = {(pid, main), *others_in(process)}
        text, ends_soon = f"waits for pid {pid} to end", pid == os.getpid()
        return Wait("child", text, "", "", frozenset(wakers), ends_soon, child=pid)

    def any_child(self, process: Process) -> Wait:
        wakers: set[Waker] = {(pid, None) for pid in self.children[process.pid]}
        if not wakers or process.pid == os.getppid():  # this one will end
            return Wait("child", "waits for a child to end", is_open=True)
        wakers |= {*others_in(process)}
        return Wait("child", "waits for any child to end", wakers=frozenset(wakers))

    def our_name_of(self, process: Process, pid: int) -> int:
        """A child's process id, which is another one in another namespace."""
        depth = len(process.names_of_pid) - 1
        if not depth:
            return pid
        for child in self.children[process.pid]:
            names = self.all[child].names_of_pid
            if len(names) > depth and names[depth] == pid:
                return child
        return pid

    # By system call.

    def reading(self, process: Process, call: Call) -> Wait:
        return self.at(process, call.arguments[0], "read", call.arguments[2])

    def writing(self, process: Process, call: Call) -> Wait:
        return self.at(process, call.arguments[0], "write")

    def connecting(self, process: Process, call: Call) -> Wait:
        return Wait("connect", f"waits to connect (fd {call.arguments[0]})", is_open=True)

    def opening(self, process: Process, call: Call) -> Wait:
        address, flags = call.arguments[call.name == "openat" :][:2]
        path = os.fsdecode(process.memory(address, 512).partition(b"\0")[0])
        within = process.path / "root" if path.startswith("/") else process.path / "cwd"
        with suppress(OSError, ValueError):
            status = os.stat(within / path.lstrip("/"))
            if stat.S_ISFIFO(status.st_mode):
                is_reader = flags & os.O_ACCMODE == os.O_RDONLY
                missing = "to write" if is_reader else "to read"
                text = f"waits in open({path!r}) until somebody opens that FIFO {missing}"
                return Wait("open", text, f"fifo:{status.st_dev}:{status.st_ino}", is_open=True)
        return Wait("other", f"opens {path}", is_open=True)

    def waiting_for_child(self, process: Process, call: Call) -> Wait:
        pid = signed(call.arguments[0])
        if pid > 0:
            return self.child(process, self.our_name_of(process, pid))
        return self.any_child(process)

    def waiting_by_id(self, process: Process, call: Call) -> Wait:
        kind, number = call.arguments[:2]
        if kind == P_PID:
            return self.child(process, self.our_name_of(process, number))
        if kind == P_PIDFD:
            return self.at(process, number, "read")
        return self.any_child(process)

    def polling(self, process: Process, call: Call) -> Wait:
        address, count, timeout = call.arguments[:3]
        is_timed = signed(timeout) >= 0 if call.name == "poll" else bool(timeout)  # an address
        rows = process.memory(address, 8 * min(count, MOST_POLLED))
        items = [
            (number, "write" if events & POLLOUT and not events & POLLIN else "read")
            for number, events, _ in struct.iter_unpack("=ihh", rows[: len(rows) // 8 * 8])
            if number >= 0
        ]
        return self.several(process, items, is_timed)

    def selecting(self, process: Process, call: Call) -> Wait:
        count, *sets, _, timeout = call.arguments[:5]
        items = []
        for kind, address in zip(("read", "write"), sets, strict=False):
            bits = process.memory(address, 128) if address else b""
            items += [
                (number, kind)
                for number in range(min(count, 8 * len(bits)))
                if bits[number // 8] >> number % 8 & 1
            ]
        return self.several(process, items, timeout != 0)

    def epolling(self, process: Process, call: Call) -> Wait:
        rows = re.findall(
            r"tfd:\s*(\d+) events:\s*(\w+)", process.text(f"fdinfo/{call.arguments[0]}")
        )
        items = [
            (int(number), "read" if int(events, 16) & POLLIN else "write")
            for number, events in rows
        ]
        timeout = call.arguments[3]
        is_timed = signed(timeout) >= 0 if call.name == "epoll" else bool(timeout)
        return self.several(process, items, is_timed)

    def several(self, process: Process, items: list[tuple[int, str]], is_timed: bool) -> Wait:
        found = [self.at(process, number, kind) for number, kind in items]
        if is_timed:
            return merged(found, "waits, with a timeout: ")._replace(is_open=True)
        return merged(found, "")

    def on_futex(self, process: Process, call: Call) -> Wait:
        address, timeout = call.arguments[0], call.arguments[3]
        if timeout:
            return Wait("timed", "waits for a lock, with a timeout", is_open=True)
        for file, part in process.shared.items():
            if any(
                each.file == file and each.start <= address < each.end for each in process.mapped
            ):
                name = process.name_of_shared(file)
                is_open = bool(name) and not name.startswith(SEMAPHORE_OF_MULTIPROCESSING)
                if "/sem." in part.path:
                    return Wait("semaphore", "waits for a semaphore", file, is_open=is_open)
                others = any_of(self.sharers(file))
                text = "waits for a futex in shared memory"
                return Wait("memory", text, file, "", others, is_open)
        text = "waits for a lock or a condition inside its process"
        return Wait("lock", text, "", "", frozenset(others_in(process)))

    def on_file_lock(self, process: Process, call: Call) -> Wait:
        number, command = call.arguments[:2]
        if call.name == "fcntl" and command not in (F_SETLKW, F_OFD_SETLKW):
            return Wait("other", "is in fcntl()", is_open=True)
        rows = re.findall(r"^(\d+): (-> )?\S+\s+\S+\s+\S+ (-?\d+)", locks(), re.MULTILINE)
        blocked = {name for name, waits, pid in rows if waits and int(pid) == process.pid}
        holders = {int(pid) for name, waits, pid in rows if not waits and name in blocked}
        opened = process.opened.get(number)
        path = opened.of if opened else "a file"
        if not holders or not holders <= {*self.all}:
            holders |= self.holders(path) - {process.pid}
        return Wait(
            "file lock",
            f"waits for a lock of {path}",
            path,
            wakers=any_of(holders & {*self.all}),
            is_open=not holders,
        )

    def on_signal(self, process: Process, call: Call) -> Wait:
        """A signal without a handler does not end a pause: it ends the process."""
        handled = process.handles({*range(1, 65)} - FATAL)
        return Wait("sigwait", "waits for a signal", is_open=handled)

    # Semaphores, once all who wait are known.

    def one_of_each(self) -> list[Process]:
        """The processes of the picture; of those that wait for the same, only a few."""
        does: dict[int, list[tuple[str, str]]] = defaultdict(list)
        for (pid, _), wait in self.waits.items():
            does[pid].append((wait.kind, wait.on))
        alike: dict[tuple[object, ...], list[Process]] = defaultdict(list)
        for pid, process in self.members.items():
            alike[process.parent, process.kind, *sorted(does[pid])].append(process)
        found = [process for group in alike.values() for process in group[:FEW]]
        if len(found) < len(self.members):
            self.notes.append(
                f"of {len(self.members)} processes, many alike, {len(found)} were asked for stacks"
            )
        return found

    def find_holders(self) -> None:
        waiting: dict[str, list[Thread]] = defaultdict(list)
        for thread, wait in self.waits.items():
            if wait.kind == "semaphore":
                waiting[wait.on].append(thread)
        until_s = time.thread_time() + self.search_s
        for file, threads in waiting.items():
            semaphore = self.semaphore(file, {pid for pid, _ in threads}, until_s)
            for thread in threads:
                is_open = self.waits[thread].is_open
                self.waits[thread] = self.at_semaphore(file, semaphore)._replace(is_open=is_open)

    def semaphore(self, file: str, waiting: set[int], until_s: float) -> Semaphore:
        """Look into those first who do not wait for it: one of them may hold it."""
        sharers = self.sharers(file)
        objects: list[SemLock] = []
        holders: set[int] = set()
        value, likely_at = None, set[int]()
        for pid in sorted(sharers, key=lambda pid: (pid in waiting, pid)):
            process, address = self.all[pid], self.all[pid].shared[file].start
            if value is None:
                value = value_at(process, address)
            found = sem_locks(process, address, likely_at, until_s)
            objects += found
            likely_at |= {each.address for each in found}
            if any(each.times > 0 for each in found):
                holders.add(pid)
            if holders or any(each.largest > 1 for each in found):
                break
        is_searched = time.thread_time() < until_s
        if not is_searched and not holders:
            self.notes.append("there was too little time to see who holds a lock; try --seconds 5")
        return Semaphore(
            value,
            max((each.largest for each in objects), default=0),
            any(each.is_recursive for each in objects),
            frozenset(holders),
            is_searched,
            frozenset(sharers),
        )

    def at_semaphore(self, file: str, semaphore: Semaphore) -> Wait:
        """Anybody who shares it may release it; an RLock, its holder alone."""
        others = set(semaphore.sharers)
        if semaphore.is_recursive and semaphore.holders:
            others = set(semaphore.holders)
        what = "a semaphore" if semaphore.largest != 1 else "a lock"
        value = "" if semaphore.value is None else f" (its value is {semaphore.value})"
        held = ", held by " + pids(semaphore.holders) if semaphore.holders else ""
        if not semaphore.is_lock:
            held = ""
        text = f"waits for {what} of multiprocessing{value}{held}"
        return Wait("semaphore", text, file, wakers=any_of(others), semaphore=semaphore)


FATAL = {4, 5, 6, 7, 8, 11, 31}
"""Signals of a program's own faults, which ``faulthandler`` handles: SIGILL, SIGTRAP, SIGABRT,
SIGBUS, SIGFPE, SIGSEGV, SIGSYS."""

PLAIN = {
    "run": ("run", "runs"),
    "ended": ("ended", "has ended, and was not waited for yet"),
    "sleep": ("sleep", "sleeps"),
    "sigwait": ("sigwait", "waits for a signal"),
}

WAITS: dict[str, Callable[[Look, Process, Call], Wait]] = {
    "read": Look.reading,
    "write": Look.writing,
    "accept": Look.reading,
    "connect": Look.connecting,
    "open": Look.opening,
    "openat": Look.opening,
    "wait4": Look.waiting_for_child,
    "waitid": Look.waiting_by_id,
    "poll": Look.polling,
    "ppoll": Look.polling,
    "select": Look.selecting,
    "epoll": Look.epolling,
    "epoll2": Look.epolling,
    "futex": Look.on_futex,
    "flock": Look.on_file_lock,
    "fcntl": Look.on_file_lock,
    "pause": Look.on_signal,
}


def merged(found: list[Wait], before: str) -> Wait:
    """One wait for any of several."""
    if len(found) == 1:
        return found[0]._replace(text=before + found[0].text)
    texts = list(dict.fromkeys(each.text for each in found))
    if len(texts) > 4:
        texts[3:] = [f"{len(texts) - 3} more"]
    return Wait(
        "poll",
        before + "; or ".join(texts or ["nothing"]),
        wakers=frozenset(waker for each in found for waker in each.wakers),
        is_open=not found or any(each.is_open for each in found),
        parts=tuple(found),
    )


def any_of(others: Iterable[int]) -> frozenset[Waker]:
    return frozenset((pid, None) for pid in others)


def others_in(process: Process) -> Iterable[Waker]:
    """The threads of a process: all of them, since none is woken by itself."""
    return [(process.pid, None)]


def serves_forks(process: Process | None) -> bool:
    return process is not None and FORK_SERVER in " ".join(process.command)


def inode_of(of: str) -> int:
    return int(of[of.index("[") + 1 : -1]) if "[" in of else 0


def signed(number: int) -> int:
    """A C ``int`` that was passed in a register."""
    return (number & 0xFFFFFFFF) - ((number & 0x80000000) << 1)


def locks() -> str:
    with suppress(OSError), open("/proc/locks") as file:
        return file.read()
    return ""


def pids(numbers: Iterable[int]) -> str:
    """``pid 1``, ``pids 1 and 2``, ``pids 1, 2 and 3``, ``pids 1, 2, 3 and 97 more``."""
    *others, last = map(str, sorted(set(numbers)))
    if len(others) > MOST_NAMED:
        others, last = others[:3], f"{len(others) - 2} more"
    return f"pids {', '.join(others)} and {last}" if others else f"pid {last}"
