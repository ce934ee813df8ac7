"""What is not this program's fault, though it may strike before the program has begun.

This module imports next to nothing: whatever else is needed may be what is missing or hidden.
"""

from __future__ import annotations

import os
import sys

OUT_OF_MEMORY = "out of memory (see ulimit -v)"
NO_MEMORY = "failed to map segment from shared object", "unknown encoding: idna"
"""How the lack of memory is worded where a module cannot be loaded, for itself or for a codec."""


def is_lack_of_memory(error: BaseException) -> bool:
    return isinstance(error, MemoryError) or any(text in str(error) for text in NO_MEMORY)


def blame(error: BaseException) -> tuple[int, str] | None:
    """The exit status and the message for an error that comes from this Python or its memory.

    Or from a file beside the program; None for all others.
    """
    if is_lack_of_memory(error):
        return 1, OUT_OF_MEMORY
    if isinstance(error, ModuleNotFoundError) and error.name in sys.stdlib_module_names:
        return 3, f"this Python was built without {error.name}"
    hidden = hidden_module(error)
    return (1, hidden) if hidden else None


def hidden_module(error: BaseException) -> str | None:
    """What to do about a file that has the name of a module of Python, and is taken for it."""
    folder = os.path.abspath(sys.path[0] if sys.path else "")
    try:
        files = os.listdir(folder)
    except OSError:
        return None
    for file in files:
        name, suffix = os.path.splitext(file)
        if suffix == ".py" and name in sys.stdlib_module_names:
            path = os.path.join(folder, file)
            is_in_use = getattr(sys.modules.get(name), "__file__", None) == path
            if is_in_use or path in str(error) or path in files_of(error):
                return f"{path} hides Python's own module {name}; give it another name"
    return None


def files_of(error: BaseException) -> set[str]:
    """The files whose code it went through."""
    files, step = set(), error.__traceback__
    while step:
        files.add(os.path.abspath(step.tb_frame.f_code.co_filename))
        step = step.tb_next
    return files
