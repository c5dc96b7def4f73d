"""Templates as Jinja parses them."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from jinja2 import Environment, TemplateSyntaxError, nodes


class Source(NamedTuple):
    """A template: its name, the POSIX path of its file, and what it is made of."""

    name: str
    path: str
    tree: nodes.Template

    @property
    def parent(self) -> nodes.Extends | None:
        """What says which template it extends, if it always does."""
        return next((each for each in self.tree.body if isinstance(each, nodes.Extends)), None)


def parse(text: str) -> nodes.Template | None:
    """Return what a template is made of; None where Jinja and its own extensions can't read it."""
    try:
        return _environment().parse(text)
    except TemplateSyntaxError:
        return None


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(extensions=["jinja2.ext.do", "jinja2.ext.i18n", "jinja2.ext.loopcontrols"])


def literal(node: nodes.Node) -> str | None:
    """Return the name of a template that is written out, else None."""
    return node.value if isinstance(node, nodes.Const) and isinstance(node.value, str) else None
