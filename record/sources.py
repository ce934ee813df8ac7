"""What a recording was made from: the files that decide what is in it, by their content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from record import ROOT

KNOWN = "docs/_data/sources.json"


def fingerprints(patterns: Iterable[str], root: Path = ROOT) -> dict[str, str]:
    """The SHA-256, or the beginning of it, of every file that one of the patterns names."""
    paths = sorted({path for pattern in patterns for path in root.glob(pattern)})
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()[:12]
        for path in paths
    }


def note(recording: str, made_from: dict[str, str], root: Path = ROOT) -> None:
    """It has been recorded from files with these fingerprints."""
    known = noted(root) | {recording: made_from}
    text = json.dumps(known, indent=1, sort_keys=True) + "\n"
    (root / KNOWN).write_text(text, encoding="utf-8")


def noted(root: Path = ROOT) -> dict[str, dict[str, str]]:
    """The files of every recording, as they were then."""
    path = root / KNOWN
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def changes(recording: str, patterns: Iterable[str], root: Path = ROOT) -> list[str]:
    """What is different by now."""
    known = noted(root)
    if recording not in known:
        return ["it was recorded before anybody noted from what"]
    then, now = known[recording], fingerprints(patterns, root)
    return [
        f"{file} is {'new' if file not in then else 'gone' if file not in now else 'not as it was'}"
        for file in sorted(then.keys() | now.keys())
        if then.get(file) != now.get(file)
    ]
