"""Dask: the SHA-256 of all files in a folder, whichever worker is lost.

    python dask_checksums.py FOLDER --workers 4 > SHA256SUMS

When a worker dies, another one gets its file. A file that cannot be read is left out.
"""

import hashlib
import logging
import os
import stat
import sys
from argparse import ArgumentParser, RawTextHelpFormatter
from collections.abc import Iterator
from importlib import import_module
from multiprocessing import active_children
from tempfile import TemporaryDirectory

ESCAPED = str.maketrans({"\\": r"\\", "\n": r"\n", "\r": r"\r"})
PRELOAD = "import logging; logging.disable(); "
PRELOAD += "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)"


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
    logging.disable()  # Dask has much to say about a worker that is lost
    options = {"n_workers": workers, "threads_per_worker": 1, "preload": PRELOAD}
    options |= {"security": True, "dashboard_address": None}
    with (
        TemporaryDirectory() as place,
        import_module("dask").config.set(temporary_directory=place),
        distributed.LocalCluster(**options) as cluster,
    ):
        crew = {nanny.pid for nanny in cluster.workers.values()}
        try:
            for future in cluster.get_client().map(checksum, paths):
                why = future.exception()
                yield ("", type(why).__name__) if why else future.result()
        except BaseException:  # Ctrl-C, say: nobody waits for what is being read
            for nanny in cluster.workers.values():
                nanny.close_gracefully()  # it will not start a worker again
            for process in active_children():
                process.kill()
            raise
        for pid in crew - {nanny.pid for nanny in cluster.workers.values()}:
            print(f"worker {pid} was lost", file=sys.stderr)


def main() -> int:
    parser = ArgumentParser(description=__doc__, formatter_class=RawTextHelpFormatter)
    add = parser.add_argument
    add("folder", metavar="FOLDER")
    add("--workers", metavar="N", type=int, choices=range(1, 65), default=2)
    args = parser.parse_args()
    if sys.stdout:  # for any name
        sys.stdout.reconfigure(errors="surrogateescape")  # type: ignore[union-attr]
    troubles: list[object] = []
    walk = os.walk(args.folder, onerror=troubles.append)
    paths = sorted(os.path.join(top, name) for top, _, names in walk for name in names)
    results = checksums(paths, args.workers)
    for path, (digest, problem) in zip(paths, results, strict=True):
        name = path.translate(ESCAPED)
        mark = "" if name == path else "\\"  # as sha256sum does
        line = f"{mark}{digest}  {name}"
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
