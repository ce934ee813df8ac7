"""The recipes and the pitfalls by name. A recipe is imported only when it is asked for."""

import importlib.util
import os
import re
import sys
from collections.abc import Iterable
from importlib.machinery import ModuleSpec
from types import CodeType, ModuleType
from typing import Any, NamedTuple

from ipc_cookbook import facts
from ipc_cookbook.crew.signal_mask import interrupts_blocked
from ipc_cookbook.errors import TransportUnavailable, UnknownTransport
from ipc_cookbook.transport import Transport

CHAPTERS = {
    "The failure to begin with": {
        "global": "global_variable",
    },
    "Messages between related processes": {
        "queue": "mp_queue",
        "one-queue": "one_queue",
        "simple-queue": "simple_queue",
        "pipe": "pipe",
        "socketpair": "socket_pair",
        "json-lines": "json_lines",
    },
    "Shared memory": {
        "value": "shared_value",
        "shared-memory": "shared_memory",
        "spin": "spin",
        "spin-then-sleep": "spin_then_sleep",
        "mmap": "mapped_file",
        "fd-passing": "fd_passing",
    },
    "What the kernel can tell": {
        "eventfd": "eventfd",
        "signal": "signals",
        "file-lock": "file_lock",
    },
    "A process in between": {
        "manager": "manager",
    },
    "Between programs of one machine": {
        "unix-socket": "unix_socket",
        "fifo": "fifo",
        "listener": "listener",
        "asyncio": "asyncio_streams",
        "sqlite": "sqlite_row",
    },
    "Between hosts": {
        "socket": "tcp_socket",
        "tls": "tls_socket",
        "zeromq": "zeromq",
    },
    "Engines": {
        "redis": "redis_lists",
        "nats": "nats_subjects",
        "mpi": "mpi_ranks",
    },
}
"""The chapters of the book: the name of every recipe, and its module in
:mod:`ipc_cookbook.recipes`."""

PITFALLS = {
    "It does not start": (
        "local-function",
        "no-main-guard",
    ),
    "It waits for ever": (
        "join-before-drain",
        "lost-exception",
        "exception-that-does-not-unpickle",
        "end-left-open",
        "both-send",
        "fork-with-threads",
        "subprocess-pipes",
        "linger",
    ),
    "A process was killed": (
        "lock-holder-dies",
        "killed-in-put",
        "pool-after-oom",
        "ctrl-c-leaves-workers",
        "bus-error",
    ),
    "Data are lost or spoilt": (
        "lost-updates",
        "managed-list",
        "two-writers",
        "broken-pipe",
        "leaked-shared-memory",
    ),
}
"""The chapters of the gallery: the name of every pitfall, which is that of its folder in
``ipc_cookbook/pitfalls``."""

MODULES = {name: module for chapter in CHAPTERS.values() for name, module in chapter.items()}


class Recipe(NamedTuple):
    """What a recipe's file says of itself.

    ``guarantees`` holds ``"count"`` if as many words are said as were asked for, and
    ``"order"`` if they come strictly in turn. ``fields`` are those of the docstring.
    """

    name: str
    path: str
    mechanism: str
    guarantees: frozenset[str]
    fields: dict[str, str]

    @property
    def reach(self) -> str:
        """How far it can reach, one of :data:`ipc_cookbook.facts.REACHES`."""
        return facts.head(self.fields["Reach"])

    @property
    def carries(self) -> str:
        """What goes across, one of :data:`ipc_cookbook.facts.CARRIES`."""
        return facts.head(self.fields["Carries"])

    @property
    def has_stream(self) -> bool:
        """Whether messages can follow each other before the first one is taken."""
        return facts.head(self.fields["Room"]) != facts.ONE_MESSAGE

    @property
    def needs(self) -> list[str]:
        """The packages to install, as pip names them; none if the standard library is enough."""
        return facts.items(self.fields["Needs"]) if "Needs" in self.fields else []

    @property
    def to_install(self) -> list[str]:
        """Those packages, and the one that brings the program that it starts, if it starts one."""
        server = re.fullmatch(facts.SERVER, facts.head(self.fields.get("Server", "")))
        return [*self.needs, *([server["package"]] if server else [])]

    @property
    def why_not_here(self) -> str | None:
        """Why this system or this Python cannot run it, None if nothing is known to forbid it."""
        if "Runs on" not in self.fields:
            return None
        places = facts.items(self.fields["Runs on"])
        reason = self.fields["Runs on"].partition(";")[2].strip()
        here = facts.what_it_is_here(places)
        if here is None:
            return None
        why = f": {reason.removesuffix('.')}" if reason else ""
        return f"{self.name} runs on {', '.join(places)}, and this is {here}{why}"


def names() -> list[str]:
    return list(MODULES)


def load(name: str) -> Transport:
    """Import a recipe.

    :raises UnknownTransport: no recipe has this name.
    :raises TransportUnavailable: a package that it needs is not installed, or it does not run
        on this system.
    """
    check_name(name)
    if reason := why_not_here(name):
        raise TransportUnavailable(reason)
    try:
        with interrupts_blocked():
            module: Transport = importlib.import_module(f"ipc_cookbook.recipes.{MODULES[name]}")
    except Exception as error:
        recipe = describe(name)
        may_be_broken = bool(recipe.needs)  # a package may be, in any way
        if not may_be_broken and not isinstance(error, ImportError | MemoryError):
            raise
        raise TransportUnavailable(why_unavailable(recipe, error)) from error
    return module


def why_not_here(name: str) -> str | None:
    """What its file says that forbids it here; it need not be understood by this Python."""
    try:
        source = read_source(name)
    except facts.UnreadableFacts:  # its import will tell
        return None
    return describe(name).why_not_here if source is None or "\n:Runs on:" in source else None


def why_unavailable(recipe: Recipe, error: Exception) -> str:
    """Why its import failed, and what to do about it."""
    from ipc_cookbook.crew.resources import what_ran_out

    is_missing = isinstance(error, ModuleNotFoundError) and is_to_be_installed(error.name)
    if is_missing and recipe.needs:
        packages = " ".join(recipe.to_install)
        return f"{recipe.name} needs {packages}: pip install {packages}"
    kind = "" if isinstance(error, ImportError | MemoryError) else f"{type(error).__name__}: "
    return f"{recipe.name} cannot be imported here: {kind}{what_ran_out(error)}"


def is_to_be_installed(module: str | None) -> bool:
    """Whether a module that is missing is a package, not a part of one or of Python itself."""
    if module is None or module in sys.stdlib_module_names:
        return False
    package = module.partition(".")[0]
    return package == module or importlib.util.find_spec(package) is None


def check_name(name: str) -> None:
    if name not in MODULES:
        raise UnknownTransport(f"no recipe is called {name!r}; {suggestion(name, MODULES)}")


def suggestion(name: str, known: Iterable[str]) -> str:
    """The names that were probably meant, or else all there are."""
    import difflib

    near = difflib.get_close_matches(name, known)
    return f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(known)}"


def guarantees(name: str) -> frozenset[str]:
    """What an installed recipe promises: ``"count"``, ``"order"``, both, or neither."""
    promised: frozenset[str] = load(name).GUARANTEES  # type: ignore[attr-defined]
    return promised


def name_of(module: ModuleType) -> str:
    """The name of a recipe's module; of any other module, its own."""
    package, _, stem = module.__name__.rpartition(".")
    if package == "ipc_cookbook.recipes":
        return next((name for name, known in MODULES.items() if known == stem), stem)
    return module.__name__


def path_of(name: str) -> str:
    """The recipe's file.

    :raises UnknownTransport: no recipe has this name.
    """
    check_name(name)
    return os.path.join(os.path.dirname(__file__), "recipes", f"{MODULES[name]}.py")


def program_path_of(name: str) -> str:
    """The file of the program that uses the recipe without the cookbook.

    An installed package has these programs in its own folder, a copy of the repository in
    ``examples/own``.

    :raises UnknownTransport: no recipe has this name.
    """
    check_name(name)
    file = f"{name.replace('-', '_')}_program.py"
    package = os.path.dirname(__file__)
    in_repository = os.path.normpath(os.path.join(package, "..", "..", "examples", "own", file))
    return in_repository if os.path.exists(in_repository) else os.path.join(package, "own", file)


def read(path: str) -> str:
    """The text of a file of this package, which may be in an archive.

    :raises OSError: it is not there.
    :raises UnicodeDecodeError: it is not UTF-8.
    """
    loader: Any = __spec__.loader
    text: str = loader.get_data(path).decode()
    return text.removeprefix("\ufeff").replace("\r\n", "\n")


def read_source(name: str) -> str | None:
    """The text of the recipe's file, None where only compiled files are installed.

    :raises ipc_cookbook.facts.UnreadableFacts: it cannot be read.
    """
    path = path_of(name)
    try:
        return read(path)
    except UnicodeDecodeError as error:
        raise facts.UnreadableFacts(f"{path}: it is not UTF-8: {error.reason}") from None
    except OSError as error:
        if not has_source(name):
            return None
        raise facts.UnreadableFacts(f"{path}: {error.strerror or 'it is not there'}") from None


def has_source(name: str) -> bool:
    """Whether the recipe's file is installed, and not just what it is compiled to."""
    spec: Any = spec_of(name)
    try:
        return spec.loader.get_source(spec.name) is not None
    except (AttributeError, ImportError, OSError):
        return True


def spec_of(name: str) -> ModuleSpec | None:
    return importlib.util.find_spec(f"ipc_cookbook.recipes.{MODULES[name]}")


def code_of(name: str) -> CodeType | None:
    """What the recipe's file is compiled to, without running it; None if it cannot be."""
    spec: Any = spec_of(name)
    try:
        code: CodeType | None = spec.loader.get_code(spec.name)
    except (AttributeError, ImportError, OSError, SyntaxError):
        return None
    return code


def describe(name: str) -> Recipe:
    """Read what a recipe says of itself, without importing it.

    :raises UnknownTransport: no recipe has this name.
    :raises ipc_cookbook.facts.UnreadableFacts: its file does not have the form of a recipe.
    """
    path, source = path_of(name), read_source(name)
    if source is None and (code := code_of(name)):
        source = facts.decompiled(code)
    source = source or ""
    mechanism, fields = facts.read_docstring(path, source)
    facts.check_recipe(path, fields)
    return Recipe(name, path, mechanism, facts.read_guarantees(path, source), fields)
