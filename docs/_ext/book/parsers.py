"""The parsers of all commands as one, for ``sphinx-argparse-cli``."""

from __future__ import annotations

from argparse import ArgumentParser

from ipc_cookbook.cli.main import COMMANDS, parser_of


def whole() -> ArgumentParser:
    parser = ArgumentParser(
        prog="ipc_cookbook",
        usage="ipc_cookbook RECIPE|COMMAND [options]",
        description="A figure in parentheses is the default.",
        add_help=False,
    )
    commands = parser.add_subparsers(prog="ipc_cookbook")
    for name in ("RECIPE", *COMMANDS):
        command = parser_of(name)
        commands.add_parser(
            name, parents=[command], description=command.description, add_help=False
        )
    return parser
