"""What a mechanism has to offer.

A *transport* opens a pair of *ends*, one for each player. An end travels to its player's
process and is, or becomes there, an *endpoint* with the two verbs ``send`` and ``recv`` of
:class:`multiprocessing.connection.Connection`.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from multiprocessing.context import BaseContext
from typing import Protocol

Message = tuple[int, bytes]
"""The token (how many words have been said so far) and the payload (bytes of any length, up to
what was agreed when the pair was opened)."""


class Endpoint(Protocol):
    """One player's side of the mechanism, in that player's process."""

    def send(self, message: Message, /) -> None:
        """Hand the turn to the other player.

        The payload arrives as long as it was.

        :raises ValueError: it is longer than ``max_payload``. The error names both numbers, and
            nothing is sent.
        """

    def recv(self) -> Message:
        """Block until it is this player's turn."""


End = Endpoint | AbstractContextManager[Endpoint]
"""What travels to a player's process. A context manager is entered there."""


class Transport(Protocol):
    """A mechanism. A recipe module is one; so is any object with this method."""

    def open_pair(
        self, context: BaseContext, max_payload: int
    ) -> AbstractContextManager[tuple[End, End]]:
        """Open the mechanism for one game, and close it afterwards.

        :param context: the :mod:`multiprocessing` context to make queues, locks, and
            processes with, so that they suit the start method.
        :param max_payload: the length in bytes of the longest payload that will be sent.
        :returns: a context manager of Ping's end and Pong's end. Both are picklable where
            the start method is ``spawn`` or ``forkserver``.
        :raises ValueError: the mechanism cannot carry a payload of that length.
        """
