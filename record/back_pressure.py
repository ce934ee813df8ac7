"""The memory of a producer whose consumer is slow, with a bounded queue and with an endless one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ipc_cookbook.bench.machine import describe_machine, describe_python
from record import DATA, ROOT

PROGRAM = ROOT / "examples" / "back_pressure.py"
LINES = 8_000_000
BLOCK_BYTES = 256 * 1024
BOUNDED, ENDLESS = 8, 0
PAUSE_S = 0.01

Samples = list[tuple[float, int]]  # seconds since the consumer was there, bytes in memory


def memory_of(pid: int) -> int:
    """Bytes that it has in memory, none once it has ended."""
    pages = Path(f"/proc/{pid}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def samples_of(command: list[str]) -> Samples:
    """From the consumer's start to the producer's last moment."""
    found: Samples = []
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as producer:
        children = Path(f"/proc/{producer.pid}/task/{producer.pid}/children")
        while not children.read_text():  # it reads from then on, some MiB in a millisecond
            time.sleep(0)
        began_s = time.monotonic()
        while producer.poll() is None and (size := memory_of(producer.pid)):
            found.append((round(time.monotonic() - began_s, 3), size))
            time.sleep(PAUSE_S)
    if producer.returncode:
        raise ValueError(f"the program ended with status {producer.returncode}")
    return found


def record(path: Path = DATA / "back-pressure.json") -> None:
    """One run with each queue, of the same file."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.writelines(f"line {number}\n" for number in range(LINES))
        file.flush()
        command = [sys.executable, str(PROGRAM), file.name, "--maxsize"]
        document = {
            "program": PROGRAM.name,
            "file_bytes": os.stat(file.name).st_size,
            "block_bytes": BLOCK_BYTES,
            "recorded": time.strftime("%Y-%m-%d", time.gmtime()),
            "machine": describe_machine(),
            "python": describe_python(),
            "runs": [
                {"maxsize": maxsize, "samples": samples_of([*command, str(maxsize)])}
                for maxsize in (BOUNDED, ENDLESS)
            ],
        }
    path.write_text(json.dumps(document) + "\n", encoding="utf-8")
