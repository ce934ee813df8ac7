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
FRAME = re.compile(r'^\s*File "[^"\n]+", line \d+', re.MULTILINE)
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
LITTLE_WORDS = """
a about after all an and any are as at be because before by can do does for from get has have how
i if in into is it its me multiprocessing my no not of on one or our own process processes program
python so that the their then there they this to use using was we what when where which while why
will with you your
"""
SAME = {
    "hang": "hangs hung hanging block blocks blocked blocking stuck freeze freezes frozen deadlock "
    "deadlocks deadlocked forever wait waits waiting never",
    "die": "dies died dead dying kill kills killed killing crash crashes crashed terminated oom",
    "fail": "fails failed failing failure raises raise raised",
    "lose": "lost loses losing missing",
    "leave": "left leaves leftover orphan orphans orphaned remain remains stay stays",
    "child": "children worker workers subprocess subprocesses",
    "exit": "exits exited end ends ended ending finish finishes finished quit quits return returns",
}
LITTLE = frozenset(LITTLE_WORDS.split())
ROOTS = {form: root for root, forms in SAME.items() for form in forms.split()}


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
    if FRAME.search(text) or TRACEBACK in text or len(said) > MOST_WORDS:
        return 0
    words = words_of(text)
    fitting = [question for question in questions if words_of(question) <= words]
    return max((len(words_of(question)) for question in fitting), default=0)


def pattern_of(message: str) -> re.Pattern[str]:
    """Where the dots are, there may be anything but the beginning of another traceback."""
    parts = (r"\s+".join(map(re.escape, part.split(" "))) for part in message.split("..."))
    anything = rf"(?:(?!{re.escape(TRACEBACK)})[\s\S])*?"
    return re.compile(rf"(?<!\w){anything.join(parts)}")


def words_of(text: str) -> frozenset[str]:
    """The words that say something, each by its root."""
    words = re.findall(r"[^\W_]+", text.lower())
    return frozenset(root(word) for word in words if word not in LITTLE)


def root(word: str) -> str:
    plain = re.sub(r"(?<=\w{4})(ing|ed|s)$", "", word)
    return ROOTS.get(word) or ROOTS.get(plain) or plain


def known() -> Iterator[tuple[Advice, list[str], list[str]]]:
    """All there is, with the messages and the questions by which it is found."""
    for pitfall in gallery.all_pitfalls():
        cause, fix = pitfall.fields["Cause"], pitfall.fields["Fix"]
        read = [f"python -m ipc_cookbook pitfall {pitfall.name}", f"pitfalls/{pitfall.name}"]
        read += pitfall.threads
        advice = Advice(pitfall.name, pitfall.symptom, cause, fix, read, 0)
        yield advice, pitfall.messages, [pitfall.symptom, *pitfall.questions]
    for name, error in inspect.getmembers(errors, inspect.isclass):
        symptom, fields = facts.read_docstring(name, f'"""{inspect.getdoc(error)}"""')
        if "Message" in fields:
            read = ["reference/errors", "faults"]
            advice = Advice(name, symptom, fields["Cause"], fields["Fix"], read, 0)
            yield advice, facts.literals(fields["Message"]), []
