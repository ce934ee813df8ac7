"""The reference of the command line, made from the parsers themselves."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator

from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

from book.tables import Generated, table_text
from ipc_cookbook import cli
from ipc_cookbook.bench import cli as bench_cli


def parsers() -> dict[str, cli.Parser]:
    """The parser of every command, by what is written after ``ipc_cookbook``."""
    found = {"RECIPE": cli.Parser(description="Play over one recipe.")}
    cli.add_play_options(found["RECIPE"])
    for name, (_, add_options, description) in cli.COMMANDS.items():
        found[name] = cli.Parser(description=description)
        add_options(found[name])
    for name in found:
        found[name].add_argument("--json", action="store_true", help="print JSON")
    for name, (_, add_options, description, _) in bench_cli.COMMANDS.items():
        command = f"bench {name}".rstrip()
        found[command] = cli.Parser(description=description)
        add_options(found[command])
    return found


class CommandLine(Generated):
    """Every command, its options, and what they mean."""

    def text(self) -> str:
        return "\n".join(line for name, parser in parsers().items() for line in part(name, parser))

    def run(self) -> list:  # type: ignore[type-arg]
        for module in cli, bench_cli:
            assert module.__file__
            self.env.note_dependency(module.__file__)
        return super().run()


def part(name: str, parser: argparse.ArgumentParser) -> Iterator[str]:
    yield f".. rubric:: ``python -m ipc_cookbook {name}``"
    yield from ("", escaped(parser.description or ""), "")
    rows = [
        (f"``{term(action)}``", escaped(action.help or ""))
        for action in parser._actions
        if action.help != argparse.SUPPRESS and "--help" not in action.option_strings
    ]
    if rows:
        yield table_text(("Option", "Meaning"), rows, "35 65", stub=False)
    yield ""


def term(action: argparse.Action) -> str:
    names = ", ".join(action.option_strings)
    value = "" if action.nargs == 0 else str(action.metavar or action.dest)
    if not names:
        return f"{value} ..." if action.nargs == "*" else value
    return f"{names} {value}".rstrip()


def escaped(text: str) -> str:
    text = (text % {} if "%%" in text else text).replace("\\", "\\\\")
    text = text.replace("*", r"\*").replace("`", r"\`")
    return re.sub(r"(?<!\S)(--[a-z-]+)", r"``\1``", text)


def setup(app: Sphinx) -> ExtensionMetadata:
    app.add_directive("command-line", CommandLine)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
