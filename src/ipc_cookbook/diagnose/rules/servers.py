"""Rules on servers and their clients: managers, and sockets."""

from __future__ import annotations

from ipc_cookbook.diagnose.graph import Thread
from ipc_cookbook.diagnose.looking import pids
from ipc_cookbook.diagnose.picture import Picture
from ipc_cookbook.diagnose.rules.rule import Clue, Found, rule


@rule("the manager's lock is not released", "release it in finally, and notice clients that die")
def managers_lock(picture: Picture) -> Found:
    for thread, wait in picture.waiting("read"):
        for server in sorted(wait.others - {thread[0]}):
            serving = [
                each
                for each in picture.threads_of(server)
                if picture.stack(each).is_in("serve_client", "multiprocessing/managers.py")
                and picture.waits[each].kind == "lock"
            ]
            if serving and thread in picture.stuck:
                yield Clue(
                    f"pid {thread[0]} waits for an answer of a Manager's server, pid {server}, "
                    "where a thread waits for a lock; none of the server's clients can go on to "
                    "release it: the one that held it died, or took it twice",
                    [thread, *serving],
                )


@rule(
    "nobody accepts the connection",
    "look whether the server runs, and calls accept; give the client a timeout",
)
def not_accepted(picture: Picture) -> Found:
    for thread, wait in picture.waiting("read"):
        if picture.look.is_not_accepted(wait.on):
            what = "a Manager's server" if is_of_manager(picture, thread) else "a server"
            yield Clue(
                f"pid {thread[0]} has connected to {what} and {wait.text}: "
                f"{pids(wait.others)} listens there, and does not accept"
                if wait.others
                else f"pid {thread[0]} {wait.text}",
                [thread],
            )


def is_of_manager(picture: Picture, thread: Thread) -> bool:
    return any("multiprocessing/managers.py" in each.file for each in picture.stack(thread).frames)


@rule("the peer is silent", "give the socket a timeout; look at the peer")
def silent_peer(picture: Picture) -> Found:
    for thread, wait in picture.waiting("read"):
        peers = [pid for pid in wait.others if pid != thread[0] and pid in picture.look.members]
        if picture.look.lies_unread(wait.on) and len(peers) == 1:
            peer = (peers[0], peers[0])
            if peer in picture.still and not picture.reads(peers[0], wait.other):
                where = picture.where(peer)
                yield Clue(
                    f"pid {thread[0]} {wait.text}; the peer, pid {peers[0]}, does not read what "
                    f"was sent: it {picture.waits[peer].text}" + (f" at {where}" if where else ""),
                    [thread],
                )
