"""What the pages on games between hosts show: terminals of two network namespaces.

Each scene is a command on ``a.example`` and one on ``b.example``. Those that meet at a server are
on one machine.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

from driver import COOKBOOK, Running
from ipc_cookbook.hosts.remote import reaching_hosts, through_servers
from networks import Host, joined, why_not
from record import DATA
from servers import own_server
from two_players import read_words

FOLDER = DATA / "two-hosts"
Scene = dict[str, str]
"""What the terminals show, by the name of a file."""


def listen(recipe: str) -> str:
    return f"{recipe} --listen 0.0.0.0:5555 --keys keys/pong"


def connect(recipe: str, keys: str = "keys") -> str:
    return f"{recipe} --connect a.example:5555 --keys {keys}/ping"


def on(host: Host, command: str) -> Running:
    return Running(*host.within, *COOKBOOK, *command.split(), env={"NO_COLOR": "1"})


def shown(command: str, program: Running) -> str:
    """A terminal, once the program has ended, however it ended."""
    program.end(*range(256))
    words = program.out.text.strip()
    lines = [f"$ python -m ipc_cookbook {command}"]
    lines += [words[at : at + 80] for at in range(0, len(words), 80)]
    return "\n".join([*lines, *program.err.text.splitlines()]) + "\n"


def nothing(ping: Running, pong: Running) -> None:
    """Let them play."""


def press_ctrl_c(ping: Running, pong: Running) -> None:
    """While Ping pauses: it says its word first, and may not have handed on the token yet."""
    for program in ping, pong:
        read_words(program, 3)
    ping.interrupt()


def play_scenes(ping_host: Host, pong_host: Host) -> Scene:
    scenes: Scene = {}

    def game(
        name: str,
        listen: str,
        connect: str,
        meanwhile: Callable[[Running, Running], None] = nothing,
    ) -> None:
        with on(pong_host, listen) as pong:
            pong.err.until("listening.*\n")
            with on(ping_host, connect) as ping:
                meanwhile(ping, pong)
                scenes[f"{name}-b"] = shown(connect, ping)
                scenes[f"{name}-a"] = shown(listen, pong)

    def alone(name: str, host: Host, command: str) -> None:
        with on(host, command) as program:
            scenes[name] = shown(command, program)

    alone("keys", pong_host, "keys keys --host a.example")
    for recipe in reaching_hosts():
        game(recipe, listen(recipe), connect(recipe))
    one = reaching_hosts()[0]
    game("ended", listen(one), f"{connect(one)} --delay 1", press_ctrl_c)
    game("tokens", listen(one), f"{connect(one)} --tokens 60")
    alone("again", pong_host, "keys others --host a.example")
    with on(pong_host, listen(one)) as pong:
        pong.err.until("listening.*\n")
        alone("strangers", ping_host, connect(one, keys="others"))
        pong.interrupt()
        pong.end(130)
    alone("bare", ping_host, f"{one} --connect a.example:5555")
    alone("nobody", ping_host, f"{connect(one)} --timeout 2")
    del scenes["again"]
    for recipe in through_servers():
        scenes |= meet_at_a_server(recipe)
    return scenes


def meet_at_a_server(recipe: str) -> Scene:
    with own_server(recipe) as server:
        options = ("--game", "fox")
        with server.player("Pong", *options) as pong:
            pong.err.until("waiting.*\n")
            with server.player("Ping", *options) as ping:
                return {
                    f"{recipe}-{player}": shown(
                        f"{recipe} --server {server.url} --player {player} --game fox", program
                    )
                    for player, program in (("Ping", ping), ("Pong", pong))
                }


def played() -> Scene:
    """All scenes, played in a folder of their own."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder, joined() as (ping, pong):
        os.chdir(folder)
        try:
            return play_scenes(ping, pong)
        finally:
            os.chdir(before)


def masked(text: str) -> str:
    """What must be the same in every run."""
    text = re.sub(r"SHA256:[0-9a-f]+", "KEY", text)
    text = re.sub(r"unix:///\S+/|(?<=127\.0\.0\.1:)\d+", "PLACE", text)
    text = re.sub(r"(?<=192\.0\.2\.1:)\d+", "PORT", text)
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "DATE", text)
    text = re.sub(r"\d+\.\d\d( ms|\)|; | to )", r"N\1", text)
    return re.sub(r"\d+\.\d\d s, \w+$", "N s, METHOD", text, flags=re.MULTILINE)


def record() -> None:
    for name, text in played().items():
        (FOLDER / f"{name}.txt").write_text(text, encoding="utf-8")


def why_stale() -> list[str]:
    if reason := why_not():
        return [f"cannot be played here: {reason}"]
    recorded = {path.stem: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.txt")}
    fresh = played()
    return [
        f"{name} is not as it was"
        for name in sorted(recorded.keys() | fresh.keys())
        if masked(recorded.get(name, "")) != masked(fresh.get(name, ""))
    ]
