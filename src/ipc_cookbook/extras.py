"""Packages beyond what this one needs itself, to be asked for where they are used."""

from __future__ import annotations

from importlib.util import find_spec

from ipc_cookbook.transport import TransportUnavailable

PACKAGES = {
    "bench": ("numpy", "fastjsonschema"),
    "hosts": ("cryptography",),
    "plot": ("numpy", "fastjsonschema", "matplotlib"),
}
"""What each extra of this package installs."""


class ExtraMissing(TransportUnavailable):
    """A package of one of the extras is not installed."""


def need(extra: str, what: str) -> None:
    """See that the packages of an extra are installed, without importing them.

    :param what: the command or the option that needs them.
    :raises ExtraMissing: one is not.
    """
    missing = [package for package in PACKAGES[extra] if find_spec(package) is None]
    if missing:
        raise ExtraMissing(
            f"{what} needs {', '.join(missing)}: pip install 'ipc_cookbook[{extra}]'"
        )
