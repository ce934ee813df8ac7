"""What a thread that sleeps in the kernel has asked for: system calls, by number and by place.

The numbers are those of the kernel's ``arch/x86/entry/syscalls/syscall_64.tbl`` and
``include/uapi/asm-generic/unistd.h``; they never change.
"""

from __future__ import annotations

import platform

X86_64 = {
    "read": {0, 17, 19, 45, 47, 299},  # read, pread64, readv, recvfrom, recvmsg, recvmmsg
    "write": {1, 18, 20, 44, 46, 307},  # write, pwrite64, writev, sendto, sendmsg, sendmmsg
    "open": {2},
    "openat": {257},
    "poll": {7},
    "ppoll": {271},
    "select": {23, 270},  # select, pselect6
    "epoll": {232, 281},  # epoll_wait, epoll_pwait
    "epoll2": {441},  # epoll_pwait2
    "accept": {43, 288},  # accept, accept4
    "connect": {42},
    "wait4": {61},
    "waitid": {247},
    "futex": {202},
    "flock": {73},
    "fcntl": {72},
    "pause": {34, 130},  # pause, rt_sigsuspend
    "sigwait": {128},  # rt_sigtimedwait
    "sleep": {35, 230, 219},  # nanosleep, clock_nanosleep; restart_syscall: a timed one goes on
}
AARCH64 = {
    "read": {63, 65, 67, 207, 212, 243},
    "write": {64, 66, 68, 206, 211, 269},
    "openat": {56},
    "ppoll": {73},
    "select": {72},
    "epoll": {22},
    "epoll2": {441},
    "accept": {202, 242},
    "connect": {203},
    "wait4": {260},
    "waitid": {95},
    "futex": {98},
    "flock": {32},
    "fcntl": {25},
    "pause": {133},
    "sigwait": {137},
    "sleep": {101, 115, 128},
}
TABLES = {"x86_64": X86_64, "aarch64": AARCH64}
NAME_OF = {
    number: name
    for name, numbers in TABLES.get(platform.machine(), {}).items()
    for number in numbers
}
"""For this machine; empty if its numbers are not known here."""

PLACES = {
    "pipe_read": "read",
    "unix_stream": "read",
    "sk_wait_data": "read",
    "wait_for_more": "read",
    "pipe_write": "write",
    "sock_alloc_send": "write",
    "sk_stream_wait_memory": "write",
    "do_wait": "wait4",
    "csk_accept": "accept",
    "wait_for_partner": "open",
}
"""A part of the name of the kernel's function in which a thread sleeps, as in
``/proc/PID/wchan``, for calls that can have no timeout."""


def name_of_place(place: str) -> str:
    """The call that sleeps in this function of the kernel's, "" if it is not known."""
    return next((name for part, name in PLACES.items() if part in place), "")
