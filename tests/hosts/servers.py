"""A server of a recipe's own, for players that are told its URL."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from driver import COOKBOOK, Running
from ipc_cookbook import catalog

PASSWORD_VARIABLE = "IPC_COOKBOOK_PASSWORD"


class Known(NamedTuple):
    """A server, as a user knows it.

    :ivar password: empty if it wants none.
    """

    recipe: str
    url: str
    password: str
    pid: int

    def player(self, player: str, *options: object) -> Running:
        """A program that plays one side through it."""
        return Running(
            *(*COOKBOOK, self.recipe, "--server", self.url, "--player", player),
            *map(str, options),
            env={PASSWORD_VARIABLE: self.password},
        )

    def with_password_in(self, file: Path) -> Path:
        file.write_text(f"{self.password}\n")
        file.chmod(0o600)
        return file


@contextmanager
def own_server(recipe: str) -> Iterator[Known]:
    """That of a game, which nobody plays."""
    module: Any = catalog.load(recipe)
    context = multiprocessing.get_context("spawn")
    with module.open_pair(context, 0) as (end, _):
        (server,) = multiprocessing.active_children()
        scheme, _, rest = end.url.partition("://")
        user = f"{end.user}@" if getattr(end, "user", "") else ""
        assert server.pid is not None
        yield Known(recipe, f"{scheme}://{user}{rest}", getattr(end, "password", ""), server.pid)
