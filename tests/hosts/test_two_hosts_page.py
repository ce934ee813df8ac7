"""What the page on two hosts shows is what happens."""

from __future__ import annotations

import pytest

import networks
import record_page
from record_page import FOLDER, masked

reason = networks.why_not()


@pytest.mark.skipif(reason is not None, reason=f"{reason}")
def test_the_scenes_are_those_of_a_run() -> None:
    recorded = {path.stem: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.txt")}
    fresh = record_page.record()
    assert {name: masked(text) for name, text in fresh.items()} == {
        name: masked(text) for name, text in recorded.items() if name in fresh
    }
    assert recorded.keys() - fresh.keys() == {"secured"}


def test_every_scene_is_shown() -> None:
    page = (FOLDER.parents[1] / "two-hosts.rst").read_text(encoding="utf-8")
    for path in FOLDER.glob("*.txt"):
        assert f"_data/two-hosts/{path.name}" in page
