"""Dask: the SHA-256 of all files in a folder, whichever worker is lost.

    python dask_checksums.py FOLDER --workers 4 > SHA256SUMS

A scheduler hands out the files. If a worker dies, another one gets its file, and a new worker is
started. The lines are in the order of the names. A file that cannot be read is left out.
"""

import hashlib
import os
import stat
import sys
from argparse import ArgumentParser, RawTextHelpFormatter
from collections.abc import Iterator
from importlib import import_module
from multiprocessing import active_children
from tempfile import TemporaryDirectory

ESCAPED = str.maketrans({"\\": r"\\", "\n": r"\n", "\r": r"\r"})
PRELOAD = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)"  # Ctrl-C is for the parent


def checksum(path: str) -> tuple[str, str]:
    """It, or "" and what went wrong."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # to open a FIFO may take for ever
            return "", "not a regular file"
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest(), ""
    except OSError as error:
        return "", str(error.strerror)


def checksums(paths: list[str], workers: int) -> Iterator[tuple[str, str]]:
    distributed = import_module("distributed")
    options = {"n_workers": workers, "threads_per_worker": 1, "preload": PRELOAD}
    with (
        TemporaryDirectory() as place,
        import_module("dask").config.set(temporary_directory=place),
        distributed.LocalCluster(security=True, dashboard_address=None, **options) as cluster,
        distributed.Client(cluster) as client,
    ):
        try:
            for future in client.map(checksum, paths):
                error = future.exception()  # a file that every worker has died of, say
                yield ("", type(error).__name__) if error else future.result()
        except BaseException:  # Ctrl-C, say: nobody waits for the files that are being read
            for nanny in cluster.workers.values():
                nanny.close_gracefully()  # it will not start a worker again
            for process in active_children():
                process.kill()
            raise


def main() -> int:
    parser = ArgumentParser(description=__doc__, formatter_class=RawTextHelpFormatter)
    parser.add_argument("folder", metavar="FOLDER")
    parser.add_argument("--workers", metavar="N", type=int, default=os.cpu_count())
    args = parser.parse_args()
    if args.workers < 1:
        parser.error("argument --workers: 1 or more")
    sys.stdout and sys.stdout.reconfigure(errors="surrogateescape")  # type: ignore # for any name
    troubles: list[object] = []
    walk = os.walk(args.folder, onerror=troubles.append)
    paths = sorted(os.path.join(folder, name) for folder, _, names in walk for name in names)
    for path, (digest, problem) in zip(paths, checksums(paths, args.workers), strict=True):
        name = path.translate(ESCAPED)
        line = f"{digest}  {name}" if name == path else f"\\{digest}  {name}"  # as sha256sum does
        print(line) if digest else troubles.append(f"{path}: {problem}")
    print(*troubles, sep="\n", end="\n" if troubles else "", file=sys.stderr)
    return 1 if troubles else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
    except ImportError as error:
        sys.exit(f"{error}: pip install distributed cryptography")
