"""A server that is there already, through which two hosts play: where it is, and how to log in."""

from __future__ import annotations

import re
import secrets
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from ipc_cookbook.errors import BadType, BadValue
from ipc_cookbook.game.loop import PLAYERS

NAME = r"[A-Za-z0-9_-]{1,64}"
WHERE_TO_PUT_IT = (
    "give it apart, as password; on the command line, in the environment as IPC_COOKBOOK_PASSWORD, "
    "or in a file, with --password-file"
)


class Server(NamedTuple):
    """Where a server is, and who logs in there.

    :ivar url: without user and password.
    """

    url: str
    user: str
    password: str

    @property
    def place(self) -> str:
        """The URL, to be shown: without its query, too."""
        return self.url.partition("?")[0]

    def without_password(self, text: str) -> str:
        """A library's error, which may quote anything, in one line."""
        line = " ".join(text.split())
        return line.replace(self.password, "***") if self.password else line


def parse(server: object, password: object, schemes: tuple[str, ...]) -> Server:
    """The server that a URL stands for.

    :param schemes: how it may begin.
    :raises TypeError: one of them is no string.
    :raises ValueError: it is no such URL, or has a password in it. It is not quoted then.
    """
    if not isinstance(server, str):
        raise BadType(f"server must be a URL, as a string, not a {type(server).__name__}")
    if password is not None and not isinstance(password, str):
        raise BadType(f"password must be a string, not a {type(password).__name__}")
    starts = " or ".join(f"{scheme}://" for scheme in schemes)
    try:
        parts = urlsplit(server)
        port_is_good = parts.port is None or parts.port > 0
        in_query = {name.lower() for name, _ in parse_qsl(parts.query)}
        has_password = parts.password is not None or any("password" in name for name in in_query)
    except ValueError as error:
        raise BadValue(f"server must be a URL that begins with {starts}: {error}") from None
    if has_password:
        raise BadValue(
            "server must have no password in it, for others see it in the list of processes; "
            + WHERE_TO_PUT_IT
        )
    if parts.scheme not in schemes or not (parts.hostname or parts.path) or not port_is_good:
        raise BadValue(f"server must be a URL that begins with {starts} and says where it is")
    url = server.replace(f"//{parts.netloc}", f"//{parts.netloc.rpartition('@')[2]}", 1)
    return Server(url, unquote(parts.username or ""), password or "")


def check_player(player: object) -> str:
    """:raises ValueError: there is no such player."""
    if player not in PLAYERS:
        raise BadValue(f"player must be {' or '.join(PLAYERS)}, not {player!r}")
    return str(player)


def game_name(game: object) -> tuple[str, bool]:
    """The name of the game, and whether it was made here.

    :raises ValueError: it is none.
    """
    if game is None:
        return secrets.token_hex(8), True
    if not isinstance(game, str) or not re.fullmatch(NAME, game):
        raise BadValue(f"game must be 1 to 64 letters, digits, - and _, not {game!r}")
    return game, False
