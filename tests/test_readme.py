"""What the README, the page on JSON, and the files beside them say is so."""

from __future__ import annotations

import importlib.metadata
import importlib.resources
import os
import re
import shlex
import sys
import tomllib
from pathlib import Path

import pytest

import ipc_cookbook
from commands import cookbook, error_of, printed_json, results_of
from driver import run
from ipc_cookbook import catalog
from ipc_cookbook.cli import main, statuses
from json_page import documented
from samples import PLAIN

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def block(marker: str) -> str:
    """The fenced block after the comment with this text."""
    found = re.findall(
        rf"^<!-- {re.escape(marker)} -->\n```\w+\n(.*?)^```$", README, re.MULTILINE | re.DOTALL
    )
    assert len(found) == 1, f"{len(found)} blocks are marked {marker!r}"
    return str(found[0])


def table(marker: str) -> list[list[str]]:
    """The cells of the table after the comment with this text, without its head."""
    found = re.search(rf"^<!-- {marker} -->\n((?:\|.*\n)+)", README, re.MULTILINE)
    assert found is not None
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in found[1].splitlines()]
    return rows[2:]


def masked(verdicts: str) -> str:
    """Without the times, and without the start method, which depends on the platform."""
    return re.sub(r"; \d+\.\d\d s, \w+$", "; TIME, METHOD", verdicts, flags=re.MULTILINE)


def test_the_transcript_is_that_of_a_run() -> None:
    replayed = ""
    for line in re.findall(r"^\$ .*$", block("transcript"), re.MULTILINE):
        python, *arguments = shlex.split(line.removeprefix("$ "))
        assert python == "python"
        is_redirected = ">" in arguments
        if is_redirected:
            arguments = arguments[: arguments.index(">")]
        done = run(sys.executable, *arguments, status=(statuses.DONE, statuses.USAGE))
        replayed += f"{line}\n{'' if is_redirected else done.stdout}{done.stderr}"
    assert masked(block("transcript")) == masked(replayed)


def test_the_program_prints_what_is_shown(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(block("program"), encoding="utf-8")
    done = run(sys.executable, program)
    assert (done.stdout, done.stderr) == (block("output"), "")


def test_bench_understands_what_is_shown() -> None:
    command = block("command: bench").split("&&")[1].split()
    options = main.parse(*main.what_to_run(command[command.index("bench") :]))
    assert (options.json, options.plot) == ("here.json", "here.svg")


def test_the_table_of_recipes_is_the_catalog() -> None:
    expected = []
    for name, module in catalog.MODULES.items():
        recipe = catalog.describe(name)
        path = f"src/ipc_cookbook/recipes/{module}.py"
        assert (ROOT / path).exists()
        promises = ", ".join(sorted(recipe.guarantees)) or "nothing"
        needs = ", ".join(recipe.needs) or "-"
        facts = [recipe.mechanism, promises, recipe.reach, recipe.carries, needs]
        expected.append([f"[`{name}`]({path})", *facts])
    assert table("recipes") == expected


def test_recipes_are_as_short_as_is_said() -> None:
    said = re.search(r"(\d+) to (\d+) lines, or (\d+) if it starts a server", README)
    assert said is not None
    least, most, most_with_server = map(int, said.groups())
    for name in catalog.MODULES:
        source = Path(catalog.path_of(name)).read_text(encoding="utf-8")
        has_server = "Server" in catalog.describe(name).fields
        limit = most_with_server if has_server else most
        assert least <= len(source.splitlines()) <= limit, name
        assert not re.search(r"^\s*(from|import) ipc_cookbook", source, re.MULTILINE)


def test_the_exit_statuses_are_those_of_the_program() -> None:
    assert [int(status) for status, _ in table("statuses")] == [
        statuses.DONE,
        statuses.FAILED,
        statuses.USAGE,
        statuses.MISSING,
        statuses.TIMED_OUT,
        statuses.INTERRUPTED,
        statuses.OUTPUT_CLOSED,
    ]


@pytest.mark.parametrize("name", ["run", "run-uv", "test", "test-uv"])
def test_a_command_is_one_line(name: str) -> None:
    command = block(f"command: {name}")
    assert command.count("\n") == 1
    recipe = "|".join(catalog.MODULES)
    wanted = r"pytest( -n \d)?" if name.startswith("test") else f"python -m ipc_cookbook ({recipe})"
    assert re.search(rf"[ /]{wanted}\n$", command)
    if name.startswith("test"):
        assert (
            "test"
            in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
                "optional-dependencies"
            ]
        )


@pytest.mark.skipif(os.name != "posix", reason="a script for a POSIX shell")
@pytest.mark.parametrize("name", ["run", "run-uv", "test", "test-uv"])
def test_ci_takes_the_commands_from_here(name: str) -> None:
    assert run(ROOT / ".ci" / "readme-command", name).stdout == block(f"command: {name}")


def test_links_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)]+)\)", README)
    local = [link for link in links if "://" not in link]
    assert len(local) > len(catalog.MODULES)
    for link in local:
        assert (ROOT / link).exists(), link


def test_the_workflow_does_what_ci_run_does() -> None:
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    assert "- run: .ci/run\n" in workflow
    assert '"$(.ci/readme-command test)"' in workflow
    assert '"$(.ci/readme-command test)"' in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


# The page on JSON


def test_the_whole_and_a_game_are_documented() -> None:
    report = printed_json(cookbook(PLAIN, "--tokens", "2", "--json"))
    assert set(report) == documented("The whole")
    assert set(report["results"][0]) == documented("A game")


def test_a_recipe_is_documented() -> None:
    for recipe in results_of(cookbook("list", "--json")):
        assert set(recipe) == documented("A recipe")


def test_a_file_is_documented() -> None:
    (shown,) = results_of(cookbook("show", PLAIN, "--json"))
    assert set(shown) == documented("A file")


def test_an_error_is_documented() -> None:
    died = ipc_cookbook.PlayerDied("Ping died", "Ping", 4711, -9)
    failed = ipc_cookbook.ConnectionFailed("nobody there", "refused")
    late = ipc_cookbook.PingPongTimeout("not over")
    late.add_note("HUNG")
    told = [statuses.described(error, str(error)) for error in (died, failed, late)]
    assert {key for each in told for key in each} == documented("An error")
    printed = cookbook(PLAIN[:-1], "--json", status=statuses.USAGE)
    assert set(error_of(printed)) == {"type", "message"}
    late = ipc_cookbook.PingPongTimeout("late")
    assert set(statuses.described(late, "late")) == {"type", "message"}


def test_a_game_that_all_could_not_finish_is_documented() -> None:
    options = ("--tokens", "2", "--timeout", "0", "--json")
    for game in results_of(cookbook("all", *options, status=statuses.TIMED_OUT)):
        assert set(game) == {"transport", "status", "error"}


# The package


def test_the_version_is_the_same_everywhere() -> None:
    version = ipc_cookbook.__version__
    assert importlib.metadata.version("ipc-cookbook") == version
    assert f"\nversion: {version}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\n## [{version}] - " in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_package_says_that_it_is_typed() -> None:
    assert importlib.resources.files("ipc_cookbook").joinpath("py.typed").is_file()


def test_the_licence_is_that_of_the_metadata() -> None:
    assert importlib.metadata.metadata("ipc-cookbook")["License-Expression"] == "MIT"
    assert (ROOT / "LICENSE").read_text(encoding="utf-8").startswith("MIT License")
