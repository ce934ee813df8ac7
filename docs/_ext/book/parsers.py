"""The parser of every command, where sphinx-argparse finds it: ``book.parsers.bench_compare``."""

from __future__ import annotations

from ipc_cookbook.cli.main import COMMANDS, parser_of
from ipc_cookbook.cli.options import Parser

PARSERS = {"recipe": "RECIPE", **{name.replace(" ", "_"): name for name in COMMANDS}}


def __getattr__(attribute: str) -> Parser:
    if attribute not in PARSERS:
        raise AttributeError(attribute)
    return parser_of(PARSERS[attribute])
