"""Packages beyond what this one needs itself, to be asked for where they are used."""

from __future__ import annotations

import importlib
import re
from collections.abc import Sequence

from ipc_cookbook import catalog
from ipc_cookbook.crew.signal_mask import interrupts_blocked
from ipc_cookbook.errors import TransportUnavailable

DISTRIBUTION = "ipc-cookbook"


class ExtraMissing(TransportUnavailable):
    """A package of one of the extras is not installed."""


def need(
    extra: str, what: str, *modules: str, elsewhere: bool = False, without: str | None = None
) -> None:
    """See that the packages of an extra are installed, and not broken.

    :param what: the command or the option that needs them.
    :param modules: what is to be imported of them; to be installed is enough for the others.
    :param without: a package that is not missed: less comes of it, and that is said.
    :param elsewhere: import them in another process, so that this one stays as small as it is.
    :raises ExtraMissing: one is missing, or cannot be imported.
    """
    packages = [package for package in packages_of(extra) if package != without]
    missing = [package for package in packages if not is_installed(package)]
    if not missing and modules:
        missing, broken = try_elsewhere(modules) if elsewhere else try_to_import(modules)
        if broken:
            raise ExtraMissing(f"{what} cannot import what it needs: {broken}")
    if missing:
        raise ExtraMissing(
            f"{what} needs {', '.join(missing)}: pip install 'ipc_cookbook[{extra}]'"
        )


def try_elsewhere(modules: Sequence[str]) -> tuple[list[str], str]:
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    with ProcessPoolExecutor(1) as pool:
        with interrupts_blocked():  # which its process never hears of, and this one right after
            tried = pool.submit(try_to_import, modules)
        try:
            return tried.result()
        except BrokenProcessPool:
            return [], "Python itself dies of it"


def try_to_import(modules: Sequence[str]) -> tuple[list[str], str]:
    """The package that is missing, and what is wrong with one that is not."""
    try:
        for module in modules:
            importlib.import_module(module)
    except Exception as error:  # a package may be broken in any way
        if isinstance(error, ModuleNotFoundError) and catalog.is_to_be_installed(error.name):
            return [str(error.name)], ""
        return [], " ".join(f"{type(error).__name__}: {error}".split())
    return [], ""


def packages_of(extra: str) -> list[str]:
    """What an extra of this package installs, as its metadata say; nothing if it has none."""
    from importlib.metadata import PackageNotFoundError, requires

    try:
        lines = requires(DISTRIBUTION) or []
    except PackageNotFoundError:  # it was never installed, but is run from its folder
        return []
    packages: list[str] = []
    for line in lines:
        package, _, condition = line.partition(";")
        if re.search(rf"""extra == ["']{re.escape(extra)}["']""", condition):
            name = re.split(r"[^\w.-]", package.strip())[0]
            nested = re.findall(r"\[(.*)\]", package) if name == DISTRIBUTION else []
            inner = [
                each for names in nested for one in names.split(",") for each in packages_of(one)
            ]
            packages += inner if nested else [name]
    return list(dict.fromkeys(packages))


def is_installed(package: str) -> bool:
    """Whether pip knows a package of this name here."""
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        distribution(package)
    except PackageNotFoundError:
        return False
    return True
