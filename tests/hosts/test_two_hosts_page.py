"""What the page on two hosts shows is what happens."""

from __future__ import annotations

import pytest
from record import hosts

import networks

reason = networks.why_not()


@pytest.mark.rest
@pytest.mark.skipif(reason is not None, reason=f"{reason}")
def test_the_scenes_are_those_of_a_run() -> None:
    assert hosts.why_stale() == []


def test_every_scene_is_shown() -> None:
    pages = [path.read_text(encoding="utf-8") for path in hosts.FOLDER.parents[1].glob("*.rst")]
    for path in hosts.FOLDER.glob("*.txt"):
        assert f"_data/two-hosts/{path.name}" in "".join(pages)
