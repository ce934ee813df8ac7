"""Packages beyond what this one needs itself, to be asked for where they are used."""

from __future__ import annotations

import re

from ipc_cookbook.errors import TransportUnavailable

DISTRIBUTION = "ipc-cookbook"


class ExtraMissing(TransportUnavailable):
    """A package of one of the extras is not installed."""


def need(extra: str, what: str) -> None:
    """See that the packages of an extra are installed, without importing them.

    :param what: the command or the option that needs them.
    :raises ExtraMissing: one is not.
    """
    missing = [package for package in packages_of(extra) if not is_installed(package)]
    if missing:
        raise ExtraMissing(
            f"{what} needs {', '.join(missing)}: pip install 'ipc_cookbook[{extra}]'"
        )


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
