"""Record what the page on two hosts shows, from runs in two network namespaces.

    PYTHONPATH=tests python tests/hosts/record_page.py     write docs/_data/two-hosts/*.txt

Each scene is a command on ``a.example`` and one on ``b.example``, with what a terminal there
would show. The test beside this file plays them all again and compares.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

from ipc_cookbook.hosts.remote import reaching_hosts
from networks import Host, joined
from two_sides import Program

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "_data" / "two-hosts"

Scene = dict[str, str]
"""What the terminals show, by the name of a file."""


def listen(recipe: str) -> str:
    return f"{recipe} --listen 0.0.0.0:5555 --keys keys/pong"


def connect(recipe: str, keys: str = "keys") -> str:
    return f"{recipe} --connect a.example:5555 --keys {keys}/ping"


def shown(command: str, words: str, said: str) -> str:
    lines = [f"$ python -m ipc_cookbook {command}"]
    lines += [words[at : at + 80] for at in range(0, len(words), 80)]
    return "\n".join([*lines, *said.splitlines()]) + "\n"


def play_scenes(ping_host: Host, pong_host: Host) -> Scene:
    scenes: Scene = {}

    def on(host: Host, command: str) -> Program:
        return Program(*command.split(), within=host.within)

    def game(
        name: str, listen: str, connect: str, meanwhile: Callable[[Program, Program], None]
    ) -> None:
        pong = on(pong_host, listen)
        try:
            pong.hear("listening")
            ping = on(ping_host, connect)
            try:
                meanwhile(ping, pong)
                for side, host, command in (
                    (ping, "b", connect),
                    (pong, "a", listen),
                ):
                    _, words, said = side.finish()
                    scenes[f"{name}-{host}"] = shown(command, side.seen + words.strip(), said)
            finally:
                ping.end()
        finally:
            pong.end()

    def alone(name: str, host: Host, command: str) -> None:
        side = on(host, command)
        try:
            _, words, said = side.finish()
            scenes[name] = shown(command, words.strip(), said)
        finally:
            side.end()

    def press_ctrl_c(ping: Program, pong: Program) -> None:
        """While Ping pauses: it says its word first, and may not have handed on the token yet."""
        for side in ping, pong:
            side.see(3)
        ping.press_ctrl_c()

    def nothing(ping: Program, pong: Program) -> None:
        """Let them play."""

    alone("keys", pong_host, "keys keys --host a.example")
    for recipe in reaching_hosts():
        game(recipe, listen(recipe), connect(recipe), nothing)
    one = reaching_hosts()[0]
    game("ended", listen(one), f"{connect(one)} --delay 1", press_ctrl_c)
    game("tokens", listen(one), f"{connect(one)} --tokens 60", nothing)
    alone("again", pong_host, "keys others --host a.example")
    pong = on(pong_host, listen(one))
    try:
        pong.hear("listening")
        alone("strangers", ping_host, connect(one, keys="others"))
    finally:
        pong.end()
    alone("bare", ping_host, f"{one} --connect a.example:5555")
    alone("nobody", ping_host, f"{connect(one)} --timeout 2")
    del scenes["again"]
    return scenes


def record() -> Scene:
    """Play all scenes in a folder of their own."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder, joined() as (ping, pong):
        os.chdir(folder)
        try:
            return play_scenes(ping, pong)
        finally:
            os.chdir(before)


def masked(text: str) -> str:
    """What must be the same in every run."""
    text = re.sub(r"(?:SHA256|CURVE):\S+?\.\.\.\)", "KEY)", text)
    text = re.sub(r"(?<=192\.0\.2\.1:)\d+", "PORT", text)
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "DATE", text)
    text = re.sub(r"\d+\.\d\d( ms|\)|; | to )", r"N\1", text)
    return re.sub(r"\d+\.\d\d s, \w+$", "N s, METHOD", text, flags=re.MULTILINE)


def main() -> int:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in record().items():
        (FOLDER / f"{name}.txt").write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
