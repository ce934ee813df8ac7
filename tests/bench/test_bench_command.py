"""The command: what it prints and writes, and what it refuses before it measures."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from driver import CODE, COOKBOOK, Running, until
from driver import run as run_program
from extras_here import HAS_BENCH, HAS_PLOT, require_bench
from ipc_cookbook.cli.main import run
from samples import NEEDS_PACKAGE, NO_COUNT, NO_ORDER, OTHER, PLAIN

if HAS_BENCH:
    require_bench()
needs_bench = pytest.mark.skipif(not HAS_BENCH, reason="needs the bench extra")

QUICK = ["--sizes", "0", "--place", "free", "--tokens", "21", "--launches", "1", "--seed", "3"]


@pytest.fixture
def no_measuring(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is wrong has to be found before the first launch."""

    def measure(*arguments: object) -> None:
        raise AssertionError("it began to measure")

    monkeypatch.setattr("ipc_cookbook.bench.measure.measure", measure)


@needs_bench
def test_bench_prints_a_table_and_writes_what_it_was_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    json_file, csv_file = tmp_path / "a.json", tmp_path / "a.csv"
    files = ["--json", str(json_file), "--csv", str(csv_file)]
    assert run(["bench", PLAIN, *QUICK, *files, OTHER]) == 0
    out, err = capsys.readouterr()
    for name in (PLAIN, OTHER, "os.pipe*"):
        assert f"\n{name} " in out
    assert out.splitlines()[-1].endswith("is faster: 1 launch, and 5 are needed")
    assert err.splitlines() == ["preparing: 0 of 4", "measuring: 0 of 8"]
    document = json.loads(json_file.read_text())
    assert document["arguments"]["transports"] == [
        PLAIN,
        OTHER,
        "os.pipe",
        "socket.socketpair",
        "copy",
    ]  # no recipe
    assert document["arguments"]["seed"] == 3
    assert csv_file.read_text().count("\n") == 5
    assert sorted(os.listdir(tmp_path)) == ["a.csv", "a.json"]


@needs_bench
def test_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["bench", PLAIN, *QUICK, "--quiet"]) == 0
    assert capsys.readouterr().err == ""


@needs_bench
@pytest.mark.usefixtures("no_measuring")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([f"{PLAIN}s"], f"did you mean {PLAIN}"),
        (["compar", "a.json", "b.json"], "did you mean compare?"),
        ([*NO_COUNT, *NO_ORDER], "there is nothing to measure"),
        (["--sizes", "10Q"], "'10Q'"),
        (["--sizes", "1,,2"], "must be a size"),
        (["--sizes", "65MiB"], "at most 64MiB"),
        (["--launches", "0"], "must be 1 or more"),
        (["--place", "three"], "argument --place: must be one, two or free"),
        (["--place", ""], "argument --place: must be one, two or free"),
        (["--pace", "0"], "argument --pace: must be more than 0 and at most 1 seconds"),
        (["--pace", "2"], "argument --pace: must be more than 0 and at most 1 seconds"),
        (["--pace", "1min"], "must be a number of seconds, or as in 1ms, not '1min'"),
        (["--pace", "1s", "--tokens", "200"], "the pauses of 200 words would take 100 s"),
        (["--carries", "letters"], "argument --carries: invalid choice"),
        (["--tokens", "4"], "must be 5 or more"),
        (["--seconds", "0"], "must be more than 0"),
        (["--seconds", "nan"], "the time must be between"),
        (["--timeout", "-1"], "--timeout must be between"),
        (["--seconds", "60"], "--seconds must be less than --timeout, 60 s"),
        (["--seconds", "2", "--timeout", "1"], "--seconds must be less than --timeout, 1 s"),
        (["--start-method", "teleport"], "start_method must be one of"),
        (["--json", "/no/such/folder/a.json"], "cannot write /no/such/folder/a.json"),
        (["--csv", "/no/such/folder/a.csv"], "cannot write /no/such/folder/a.csv"),
        (["--plot", "a.gif"], "must end in .svg, .png, .pdf"),
        (["--seed", "-5"], "must be 0 or more"),
        (["--json", ""], "'' is not the name of a file"),
        (["--json", "x" * 300], "File name too long"),
        (["--json", "a.out", "--csv", "./a.out"], "must name different files"),
        (["--faster"], "--faster"),
        (["compare", "a.json"], "B.json"),
        (["compare", "a.json", "b.json", "--fail-above", "nan"], "must be 1 or more"),
        (["compare", "a.json", "b.json", "--fail-above", "0.9"], "must be 1 or more"),
        (["compare", "/no/such/a.json", "/no/such/b.json"], "cannot read /no/such/a.json"),
        (["plot", "/no/such/a.json", "a.svg"], "cannot read /no/such/a.json"),
    ],
)
def test_bad_usage_is_one_line_and_status_2(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if "plot" in "".join(arguments) and not HAS_PLOT:
        pytest.skip("needs the plot extra")
    assert run(["bench", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err
    assert err.count("\n") == 1


@pytest.mark.usefixtures("no_measuring")
@pytest.mark.parametrize(
    ("arguments", "missing", "extra"),
    [
        (["bench"], "numpy", "bench"),
        (["bench", "compare", "a.json", "b.json"], "msgspec", "bench"),
        (["bench", "plot", "a.json", "a.svg"], "matplotlib", "plot"),
        (["bench", "--plot", "a.svg"], "matplotlib", "plot"),
    ],
)
def test_missing_extra_is_one_line_and_status_3(
    arguments: list[str],
    missing: str,
    extra: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("ipc_cookbook.cli.extras.is_installed", lambda package: package != missing)
    assert run(arguments) == 3
    out, err = capfd.readouterr()
    assert out == ""
    assert err.endswith(f" needs {missing}: pip install 'ipc_cookbook[{extra}]'\n")
    assert err.count("\n") == 1


@needs_bench
def test_a_recipe_whose_package_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is left out of all, and is an error if it was asked for."""
    from ipc_cookbook import TransportUnavailable, catalog
    from ipc_cookbook.bench import plan

    load = catalog.load

    def load_unless_missing(name: str) -> object:
        if name == NEEDS_PACKAGE:
            raise TransportUnavailable(f"{name} needs luck: pip install luck")
        return load(name)

    monkeypatch.setattr(catalog, "load", load_unless_missing)
    mechanisms, left_out = plan.choose([])
    assert NEEDS_PACKAGE not in [mechanism.name for mechanism in mechanisms]
    assert left_out[NEEDS_PACKAGE] == f"{NEEDS_PACKAGE} needs luck: pip install luck"
    assert run(["bench", NEEDS_PACKAGE]) == 3


@pytest.mark.parametrize(
    "arguments", [["bench"], ["bench", "compare"], ["bench", "plot"]], ids=" ".join
)
def test_help(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*arguments, "--help"]) == 0
    out = capsys.readouterr().out
    assert f"usage: ipc_cookbook {' '.join(arguments)} [" in out
    assert max(map(len, out.splitlines())) <= 100


def test_help_of_all_mentions_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    assert "\n  bench " in capsys.readouterr().out


def test_nothing_heavy_is_imported_before_it_is_needed() -> None:
    """Neither by a recipe's run, nor in the processes that a measurement starts."""
    modules = ["cli.play", "cli.bench", "bench.measure", "bench.references", "bench.room"]
    program = (
        f"import sys, {', '.join(f'ipc_cookbook.{name}' for name in modules)}\n"
        "print({'numpy', 'matplotlib', 'msgspec', 'psutil', 'rich'} & set(sys.modules))"
    )
    assert run_program(*CODE, program).stdout == "set()\n"


@needs_bench
@pytest.mark.skipif(os.name != "posix", reason="sends a POSIX signal")
def test_ctrl_c_prints_what_was_finished(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    options = [
        "--sizes",
        "0",
        "--place",
        "free",
        "--launches",
        "1000",
        "--seconds",
        "0.001",
        "--json",
        path,
    ]
    with Running(*COOKBOOK, "bench", PLAIN, *options, terminals=["stderr"]) as program:
        program.err.until("measuring")
        program.err.until(" 30/6000")  # 5 rounds
        program.interrupt("parent")
        out, _ = program.end(130)
    assert f"\n{PLAIN} " in out
    assert "Interrupted: this is what was finished by then." in out
    assert json.loads(path.read_text())["is_complete"] is False


@needs_bench
@pytest.mark.skipif(os.name != "posix", reason="a POSIX pipe")
def test_files_are_written_though_nobody_reads_the_table(tmp_path: Path) -> None:
    files = ["--json", tmp_path / "a.json", "--csv", tmp_path / "a.csv"]
    with Running(*COOKBOOK, "bench", PLAIN, *QUICK, "--quiet", *files) as program:
        program.out.close()
        assert program.end(141)[1] == ""
    assert sorted(os.listdir(tmp_path)) == ["a.csv", "a.json"]


@needs_bench
def test_a_file_that_fails_after_all_does_not_take_the_others_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def replace(source: str, target: str) -> None:
        if target.endswith(".json"):
            raise OSError(28, "No space left on device")
        os.rename(source, target)

    monkeypatch.setattr(os, "replace", replace)
    files = ["--json", str(tmp_path / "a.json"), "--csv", str(tmp_path / "a.csv")]
    assert run(["bench", PLAIN, *QUICK, "--quiet", *files]) == 1
    out, err = capsys.readouterr()
    assert f"\n{PLAIN} " in out
    failure = f"ipc_cookbook: cannot write {tmp_path}/a.json: No space left on device"
    (saved,) = tmp_path.glob("a-*.json")
    assert err == f"{failure}; its content is in {saved}\n"
    assert json.loads(saved.read_text())["is_complete"] is True
    assert sorted(os.listdir(tmp_path)) == sorted(["a.csv", saved.name])


@needs_bench
@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_packages_are_tried_out(number: signal.Signals) -> None:
    """Which is done in another process, and that says nothing of it."""
    with Running(*COOKBOOK, "bench", PLAIN, "--plot", "a.svg", "--quiet") as program:
        until(program.children)
        program.signal(number)
        out, err = program.end(128 + number)
    assert "Traceback" not in out + err
