"""Public names are documented where users import them from.

A reference to where one is defined leads there, and a class that no user
makes objects of shows no arguments.
"""

from __future__ import annotations

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.typing import ExtensionMetadata

import ipc_cookbook

WITHOUT_ARGUMENTS = (
    "ipc_cookbook.Endpoint",
    "ipc_cookbook.PingPongResult",
    "ipc_cookbook.Transport",
    "ipc_cookbook.game.turns.Turns",
)


def resolve(
    app: Sphinx, env: BuildEnvironment, node: addnodes.pending_xref, content: nodes.Element
) -> nodes.Element | None:
    target = node.get("reftarget", "")
    name = target.removeprefix("ipc_cookbook.").rpartition(".")[2]
    if node.get("refdomain") != "py" or name not in ipc_cookbook.__all__:
        return None
    domain = env.get_domain("py")
    found: list[tuple[str, nodes.reference]] = domain.resolve_any_xref(
        env, node["refdoc"], app.builder, f"ipc_cookbook.{name}", node, content
    )
    return found[0][1] if found else None


def hide_arguments(
    app: Sphinx, what: str, name: str, obj: object, options: object, arguments: str, returns: str
) -> tuple[str, str] | None:
    return ("", "") if name in WITHOUT_ARGUMENTS else None


def setup(app: Sphinx) -> ExtensionMetadata:
    app.connect("autodoc-process-signature", hide_arguments)
    app.connect("missing-reference", resolve)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
