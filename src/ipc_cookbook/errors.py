"""What can go wrong with a game."""

from __future__ import annotations


class PingPongError(Exception):
    """A game that could not be played to its end. The base of all errors here."""


class PlayerDied(PingPongError):
    """A process that the game needs ended before the game did.

    When the process raised an exception, that is the ``__cause__``, with the traceback of
    the process as a note on it.

    :ivar player: ``"Ping"``, ``"Pong"``, or the name of a process that the transport started.
    :ivar pid: its process id.
    :ivar exitcode: its exit status; ``-N`` if signal N ended it; None where nobody can know, since
        SIGCHLD is ignored, or the program collects the statuses of all processes itself.
    :Message: ``PlayerDied:``, ``ipc_cookbook: ... (pid ...) was killed by``,
        ``ipc_cookbook: ... (pid ...) exited with status``, ``ipc_cookbook: ... (pid ...) raised``
    :Cause: A player, or a helper of the mechanism, raised an exception, left by itself, or was
        killed. SIGKILL that nobody sent is most often the kernel's, for want of memory.
    :Fix: Look at how it ended, which the message says. An exception is the ``__cause__``, with its
        traceback; where a process could not even begin, its error stands above on standard error.
    """

    def __init__(self, message: str, player: str, pid: int, exitcode: int | None) -> None:
        super().__init__(message, player, pid, exitcode)
        self.player = player
        self.pid = pid
        self.exitcode = exitcode

    def __str__(self) -> str:
        return str(self.args[0])


class PingPongTimeout(PingPongError, TimeoutError):
    """The game was not over at its deadline. The message says how far each player got.

    On Linux, with the extra ``diagnose``, a note says who waits for whom, if the players hang.

    :Message: ``PingPongTimeout:``, ``ipc_cookbook: not over after ... s:``
    :Cause: A player waits for a word that does not come, or the game is slower than its deadline
        allows: it has pauses, many words, or a large payload.
    :Fix: Give it more time if both players got further than a few words. If not, one of them waits
        for ever: look at the mechanism's send and recv.
    """


class ConnectionFailed(PingPongError):
    """The other host could not be reached, or one side did not let the other in.

    :ivar reason: which of the ways there are, in a word or two: ``"name unknown"``,
        ``"not trusted"``, ``"expired"``, ``"not yet valid"``, ``"wrong name"``, ``"no TLS"``,
        ``"no game"``, ``"cannot listen"``; through a server, ``"no server"`` and ``"no game"``.
        Whoever is not there, or hangs up, is waited for.
    """

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message, reason)
        self.reason = reason

    def __str__(self) -> str:
        return str(self.args[0])


class SidesDisagree(PingPongError):
    """The two hosts were told to play different games. The message says how they differ."""


class PeerLost(PingPongError):
    """The other host's side ended in mid-game, broke the rules, or cannot be reached any more.

    The message says how many words had been said here.
    """


class OutputFailed(PingPongError):
    """What was to be printed had nowhere to go: standard output took no more, and why."""


class OutputClosed(OutputFailed):
    """A player's words had nowhere to go: standard output was closed at the other end."""


class UnknownTransport(PingPongError, LookupError):
    """No recipe has this name. The message suggests the nearest ones."""


class TransportUnavailable(PingPongError, ImportError):
    """The recipe cannot run here: a package is not installed, or the system lacks something.

    The message says what, and what to install.
    """


class BadInput(Exception):
    """What was given cannot be used. The message names it, and says what is allowed.

    An error of one's own; what is caught is the :class:`ValueError` or the :class:`TypeError`.
    """


class BadValue(BadInput, ValueError):
    """An argument, an option, or what a file holds is none of what is allowed."""


class BadType(BadInput, TypeError):
    """An argument is of the wrong type."""
