"""Which trouble a text is about: an error's message, a whole traceback, or a question in words.

A *message* fits if the text has it, with anything in place of its dots but another traceback. A
*question* fits if all the words of it that say something are in the text, in whatever order, and
forms of the same word count as one. Questions are for short texts: in a long one any word may be.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import NamedTuple

from ipc_cookbook import errors, facts, gallery

MOST_WORDS = 40
"""Of a question."""

TRACEBACK = "Traceback (most recent call last)"
OUTPUT = re.compile(
    rf'{re.escape(TRACEBACK)}|^\s*File "[^"\n]+", line \d+|^Exception ignored in', re.MULTILINE
)
"""What a program prints; that is no question."""

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
LITTLE_WORDS = """
a about after all am an and any are as at be because before but by can do does for from has have
how i if im in into is it its me my no not of on one or our own program python should since so
that the their then there they this to use using was we what when where which while why will with
would you your
"""
SAME_WORDS = {
    "hang": "hung block stuck freeze frozen deadlock forever wait never indefinitely unresponsive",
    "kill": "die died dead death dying crash terminate",
    "fail": "failure raise",
    "lose": "lost missing",
    "leave": "left orphan remain stay",
    "child": "children worker",
    "exit": "end finish quit return",
    "process": "processes",
    "zmq": "zeromq pyzmq",
    "ctrl": "control",
}
"""The words on the right count as the one on the left."""

OTHER_WORLDS = """
asyncio celery coroutine dask database docker gevent golang gunicorn http https java javascript
kafka kubernetes mpi mysql nginx node postgres postgresql rabbitmq ray redis rust spark sql
sqlite ssh ssl thread threading uwsgi websocket zmq
"""
"""Whoever names one of these asks about it: no question fits that does not name it as well."""


class Advice(NamedTuple):
    """What is known of a trouble.

    ``name`` is that of a pitfall, or of an error of this package; ``read`` are the places that
    say more. The higher the ``weight``, the better it fits.
    """

    name: str
    symptom: str
    cause: str
    fix: str
    read: list[str]
    weight: int


def advise(text: str) -> list[Advice]:
    """What fits a text, best first; nothing rather than a guess."""
    text = COLOUR.sub("", text).replace("\\", "/")
    found = [
        advice._replace(weight=weight)
        for advice, messages, questions in known()
        if (weight := weight_of(text, messages, questions))
    ]
    best = max((advice.weight for advice in found), default=0)
    is_message = best >= MESSAGE
    return sorted(
        (advice for advice in found if (advice.weight >= MESSAGE) == is_message),
        key=lambda advice: -advice.weight,
    )


MESSAGE = 1000
"""What the weight of a message begins with: it says more than words of one's own."""


def weight_of(text: str, messages: list[str], questions: list[str]) -> int:
    """How well a text fits, 0 if it does not."""
    fitting = [message for message in messages if pattern_of(message).search(text)]
    if fitting:
        return MESSAGE + max(len(message) for message in fitting)
    said = re.findall(r"[^\W_]+", text.lower())
    if OUTPUT.search(text) or len(said) > MOST_WORDS:
        return 0
    words = words_of(text)
    asked = [words_of(question) for question in questions]
    sizes = [len(each) for each in asked if each <= words and words & OTHERS <= each]
    return max(sizes, default=0)


def pattern_of(message: str) -> re.Pattern[str]:
    """Where the dots are, there may be anything but the beginning of another traceback."""
    parts = (r"\s+".join(map(re.escape, part.split(" "))) for part in message.split("..."))
    anything = rf"(?:(?!{re.escape(TRACEBACK)})[\s\S])*?"
    start = r"\b" if message[0].isalnum() else ""
    return re.compile(start + anything.join(parts))


def words_of(text: str) -> frozenset[str]:
    """The words that say something, each by its root."""
    words = re.findall(r"[^\W\d_]+", text.lower())
    return frozenset(ROOTS.get(root(word), root(word)) for word in words if word not in LITTLE)


def root(word: str) -> str:
    """Without an ending: ``hangs`` and ``hanging`` are ``hang``."""
    return re.sub(r"(?<=\w{3})(ing|ed|es|s|e)$", "", word)


LITTLE = frozenset(LITTLE_WORDS.split())
OTHERS = frozenset(map(root, OTHER_WORLDS.split()))
ROOTS = {root(word): root(first) for first, words in SAME_WORDS.items() for word in words.split()}


def known() -> Iterator[tuple[Advice, list[str], list[str]]]:
    """All there is, with the messages and the questions by which it is found."""
    for pitfall in gallery.all_pitfalls():
        cause, fix = pitfall.fields["Cause"], pitfall.fields["Fix"]
        read = [f"python -m ipc_cookbook pitfall {pitfall.name}", f"page pitfalls/{pitfall.name}"]
        read += pitfall.threads
        advice = Advice(pitfall.name, pitfall.symptom, cause, fix, read, 0)
        yield advice, pitfall.messages, [pitfall.symptom, *pitfall.questions]
    for name, error in inspect.getmembers(errors, inspect.isclass):
        symptom, fields = facts.read_docstring(name, f'"""{inspect.getdoc(error)}"""')
        if "Message" in fields:
            read = ["page reference/errors", "page faults"]
            advice = Advice(name, symptom, fields["Cause"], fields["Fix"], read, 0)
            yield advice, facts.literals(fields["Message"]), []
