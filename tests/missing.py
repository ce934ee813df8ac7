"""The packages that recipes need, and what their lack does."""

from __future__ import annotations

import functools
import re
from importlib.metadata import packages_distributions

from ipc_cookbook import catalog


def normalized(package: str) -> str:
    """Its name as pip compares it."""
    return re.sub(r"[-_.]+", "-", package).lower()


brought = functools.cache(packages_distributions)


@functools.cache
def modules_of(recipe: str) -> list[str]:
    """The modules that the packages of a recipe have brought here."""
    needed = set(map(normalized, catalog.describe(recipe).needs))
    return sorted(
        module for module, packages in brought().items() if needed & set(map(normalized, packages))
    )


def without_packages_of(recipe: str) -> str:
    """A line of a program that finds none of them from there on."""
    return f"sys.modules.update(dict.fromkeys({modules_of(recipe)}))"


def what_to_install(recipe: str) -> str:
    packages = " ".join(catalog.describe(recipe).to_install)
    return f"{recipe} needs {packages}: pip install {packages}"
