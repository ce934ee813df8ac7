"""A file beside the program that has the name of a module of Python, and is taken for it.

It imports next to nothing: whatever else is needed may be what is hidden.
"""

from __future__ import annotations

import os
import sys


def hidden_module(error: BaseException) -> str | None:
    """What to do about the file that an error comes from; None if it comes from elsewhere."""
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
