"""Ray: the SHA-256 of all files in a folder. What a lost worker had is done again.

    python ray_checksums.py FOLDER [--workers N]

Ray starts a scheduler and workers on this machine; ``ray.init(address="auto")`` would
join those that are there. Each checksum is a task that may be tried again, so it must
be one that can be.
"""

import argparse
import hashlib
import sys
from pathlib import Path


def checksum(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def main() -> None:
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=form)
    add = parser.add_argument
    add("folder", type=Path)
    add("--workers", type=int, choices=range(1, 65), default=4, metavar="N")
    options = parser.parse_args()
    if not options.folder.is_dir():
        parser.error(f"FOLDER must be a folder, not {options.folder}")
    try:
        import ray
    except ModuleNotFoundError:
        sys.exit("this program needs Ray: pip install ray")
    paths = sorted(path for path in options.folder.rglob("*") if not path.is_dir())
    quiet = {"include_dashboard": False, "log_to_driver": False}
    with ray.init(num_cpus=options.workers, **quiet):
        task = ray.remote(max_retries=3)(checksum)
        sums = [task.remote(path.absolute()) for path in paths]
        for path, done in zip(paths, sums, strict=True):
            print(f"{ray.get(done)}  {path}", flush=True)


if __name__ == "__main__":
    main()
