"""Why a program hangs: one small rule for each cause.

A rule looks at a picture and yields what it found: a sentence, and the threads that it is about.
How sure that is, is not for the rule to say: see :func:`ipc_cookbook.diagnose.judged`.
"""

from ipc_cookbook.diagnose.rules import (
    locks,
    messaging,
    pipes,
    pools,
    processes,
    servers,
    wakers,
)
from ipc_cookbook.diagnose.rules.rule import Rule

RULES: list[Rule] = [
    rule
    for module in (processes, pools, locks, messaging, servers, pipes, wakers)
    for rule in vars(module).values()
    if isinstance(rule, Rule)
]
"""In the order in which they are asked: the special ones come before the general ones."""
