"""``explain``: the right page for what people paste, and none where none fits."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from commands import DONE, FAILED, USAGE, assert_one_line, cookbook, needs_posix, results_of
from driver import COOKBOOK, Running, run, until
from ipc_cookbook import gallery
from ipc_cookbook.gallery.advice import advise
from samples import PLAIN

TEXTS = Path(__file__).parents[1] / "explained"
"""What people wrote in public threads, by the name of the pitfall that it is about."""

FITS_NOTHING = "nothing"
CASES = sorted(str(path.relative_to(TEXTS)) for path in TEXTS.glob("*/*.txt"))


def read(case: str) -> str:
    return (TEXTS / case).read_text(encoding="utf-8")


@pytest.mark.parametrize("case", CASES)
def test_a_text_of_a_public_thread(case: str) -> None:
    answer = case.partition("/")[0]
    found = [advice.name for advice in advise(read(case))]
    assert found[:1] == ([] if answer == FITS_NOTHING else [answer])


def test_there_are_enough_of_them() -> None:
    answers = [case.partition("/")[0] for case in CASES]
    assert len(answers) >= 30
    assert answers.count(FITS_NOTHING) >= 10
    assert {*answers} - {FITS_NOTHING} <= {*gallery.NAMES}
    listed = (TEXTS / "sources.txt").read_text(encoding="utf-8").splitlines()
    assert sorted(line.partition(":")[0] for line in listed) == CASES


@pytest.mark.parametrize("name", gallery.NAMES)
def test_a_symptom_and_a_message_lead_to_their_own_page(name: str) -> None:
    pitfall = gallery.describe(name)
    for text in (pitfall.symptom, *pitfall.questions):
        assert name in [advice.name for advice in advise(text)], text
    for message in pitfall.messages:
        text = message.replace("...", " whatever it is ")
        assert advise(text)[0].name == name, text


def test_what_is_printed() -> None:
    pitfall = next(each for each in gallery.all_pitfalls() if each.messages and each.threads)
    done = cookbook("explain", pitfall.symptom)
    assert done.stderr == ""
    head, *lines = done.stdout.splitlines()
    assert head == f"{pitfall.name}: {pitfall.symptom}"
    said = " ".join(done.stdout.split())
    for text in pitfall.fields["Cause"], pitfall.fields["Fix"], *pitfall.threads:
        assert text.replace("``", "") in said
    assert f"python -m ipc_cookbook pitfall {pitfall.name}" in said
    assert max(map(len, lines)) <= 100


def test_nothing_fits() -> None:
    done = cookbook("explain", "the kettle does not boil", status=FAILED)
    assert done.stdout == ""
    assert_one_line(done.stderr, "no pitfall fits")
    done = cookbook("explain", "the kettle does not boil", "--json", status=FAILED)
    assert results_of(done) == []


def test_there_is_no_text() -> None:
    assert_one_line(cookbook("explain", " ", status=USAGE).stderr, "there is no text")
    assert_one_line(run(*COOKBOOK, "explain", status=USAGE).stderr, "there is no text")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_whatever_bytes_come(encoding: str) -> None:
    text = gallery.all_pitfalls()[0].symptom.encode(encoding) + b"\xff\x00\x1b[31m"
    done = subprocess.run([*COOKBOOK, "explain"], input=text, capture_output=True, check=False)
    assert done.returncode == (DONE if encoding == "utf-8" else FAILED)
    assert b"Traceback" not in done.stderr


def test_standard_input_is_read_to_its_end() -> None:
    pitfall = next(each for each in gallery.all_pitfalls() if each.messages)
    message = pitfall.messages[-1].replace("...", "x")
    text = "a line of another kind\n" * 100_000 + message
    done = run(*COOKBOOK, "explain", "--json", stdin=text)
    assert results_of(done)[0]["name"] == pitfall.name


@needs_posix
def test_our_own_messages() -> None:
    """As a game that fails prints them."""
    done = run(*COOKBOOK, PLAIN, "--delay", "9", "--timeout", "0.3", "--quiet", status=124)
    assert [each.name for each in advise(done.stderr)] == ["PingPongTimeout"]
    with Running(*COOKBOOK, PLAIN, "--delay", "60", "--quiet") as program:
        assert program.out.read(8) == "PingPong"
        os.kill(program.workers()[0], signal.SIGKILL)
        _, err = program.end(FAILED)
    assert [each.name for each in advise(err)] == ["PlayerDied"]


def is_read(program: Running) -> bool:
    """Whether all that was said to it has left the pipe."""
    import fcntl
    import termios

    assert program.popen.stdin is not None
    waiting = fcntl.ioctl(program.popen.stdin.fileno(), termios.FIONREAD, bytes(4))
    return not any(waiting)


@needs_posix
def test_ctrl_c_is_for_the_program_that_writes_to_it() -> None:
    pitfall = next(each for each in gallery.all_pitfalls() if each.messages)
    message = pitfall.messages[-1].replace("...", "x")
    with Running(*COOKBOOK, "explain") as program:
        program.say("some words\n")
        until(lambda: is_read(program))
        program.interrupt()
        program.say(message)
        out, err = program.end(DONE)
    assert out.startswith(f"{pitfall.name}: ")
    assert err == ""


@pytest.mark.parametrize(
    "text",
    [
        "threading: queue.join() hangs, task_done was called too seldom",
        "celery worker killed and redis lock never released",
        "asyncio subprocess wait hangs with PIPE",
        "a ray worker was killed by the OOM killer and the program hangs",
        "KeyboardInterrupt",
        "Broken pipe",
        "my program hangs",
        'Traceback (most recent call last):\n  File "a.py", line 1\nKeyboardInterrupt',
    ],
)
def test_too_little_or_another_world(text: str) -> None:
    assert advise(text) == []


def test_a_message_of_another_traceback_does_not_complete_one() -> None:
    """The frame stands in one traceback, the error in the next."""
    text = (
        "Traceback (most recent call last):\n"
        '  File "/lib/multiprocessing/connection.py", line 1, in recv\nEOFError\n'
        "Traceback (most recent call last):\n"
        '  File "/lib/http/client.py", line 1, in send\nBrokenPipeError: [Errno 32] Broken pipe\n'
    )
    assert advise(text) == []
    assert advise(text.replace("http/client", "multiprocessing/connection")) != []
