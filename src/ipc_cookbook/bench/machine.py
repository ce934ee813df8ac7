"""What a measurement was made on: no names of hosts or users, and no paths."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterable
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from typing import TypedDict

import ipc_cookbook


class Machine(TypedDict):
    """:ivar load: processes that were running, on average over the minute before."""

    cpu: str
    cores: int | None
    usable_cores: int | None
    memory_bytes: int | None
    system: str
    kernel: str
    architecture: str
    load: float | None


class Python(TypedDict):
    implementation: str
    version: str
    build: list[str]
    compiler: str
    has_gil: bool


def describe_machine() -> Machine:
    return {
        "cpu": cpu_model() or platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "usable_cores": usable_cores(),
        "memory_bytes": memory_bytes(),
        "system": platform.system(),
        "kernel": platform.release(),
        "architecture": platform.machine(),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
    }


def describe_python() -> Python:
    return {
        "implementation": platform.python_implementation(),
        "version": platform.python_version(),
        "build": list(platform.python_build()),
        "compiler": platform.python_compiler(),
        "has_gil": getattr(sys, "_is_gil_enabled", lambda: True)(),
    }


def package_versions(names: Iterable[str]) -> dict[str, str]:
    """The versions of those that are installed, and of this package."""
    versions = {"ipc_cookbook": ipc_cookbook.__version__}
    for name in names:
        with suppress(PackageNotFoundError):
            versions[name] = version(name)
    return versions


def cpu_model() -> str | None:
    if sys.platform == "darwin":
        import subprocess

        command = ["sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.run(command, capture_output=True, text=True).stdout.strip()
    with suppress(OSError), open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return None


def usable_cores() -> int | None:
    """How many CPUs the system lets this process use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def memory_bytes() -> int | None:
    with suppress(AttributeError, ValueError, OSError):
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return None
