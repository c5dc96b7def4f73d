"""The loader options that a query has already."""

from __future__ import annotations

import ast
from typing import NamedTuple

# What loads a relationship with the query, or with one more.
LOADING = frozenset({"selectinload", "joinedload", "subqueryload", "immediateload", "contains_eager"})
# What decides that it is not loaded so.
_OTHERS = frozenset({"lazyload", "noload", "raiseload", "defaultload"})
_OF_COLUMNS = frozenset({"load_only", "defer", "undefer", "undefer_group", "with_expression", "with_loader_criteria"})
_OF_COLUMNS |= {"selectin_polymorphic", "raiseload_on_sql"}


class Hop(NamedTuple):
    """A relationship in a loader: the text of the class, the attribute, and the strategy."""

    owner: str
    name: str
    strategy: str


class Loader(NamedTuple):
    """One path of relationships. `argument` is its place among the arguments, `is_line`: nothing else is in it."""

    hops: tuple[Hop, ...]
    argument: int
    is_line: bool


def parse(texts: tuple[str, ...]) -> tuple[Loader, ...] | None:
    """Return the loaders in the arguments of `.options(…)`; None where one of them can't be told."""
    found: list[Loader] = []
    for number, text in enumerate(texts):
        try:
            node = ast.parse(text.strip(), mode="eval").body
        except SyntaxError:
            return None
        elements = node.elts if isinstance(node, ast.List | ast.Tuple) else [node]
        is_list = isinstance(node, ast.List)
        for place, element in enumerate(elements):
            paths = _paths(element) if text else None
            if paths is None:
                return None
            # The options of a `get` are a list, whose elements count.
            argument, is_alone = (place, True) if is_list and len(texts) == 1 else (number, len(elements) == 1)
            found += [Loader(path, argument, len(paths) == 1 and is_alone) for path in paths if path]
    return tuple(found)


def _paths(node: ast.expr) -> list[tuple[Hop, ...]] | None:
    """Return the paths of a loader: `selectinload(A.b).options(joinedload(B.c), joinedload(B.d))` has three."""
    if not isinstance(node, ast.Call):
        return None
    word = (
        node.func.attr
        if isinstance(node.func, ast.Attribute)
        else node.func.id
        if isinstance(node.func, ast.Name)
        else ""
    )
    before: list[tuple[Hop, ...]] | None = [()]
    if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Call):
        before = _paths(node.func.value)
    if before is None or not word:
        return None
    if word in _OF_COLUMNS:
        return before
    if word == "options":
        inner = [_paths(argument) for argument in node.args]
        if any(paths is None for paths in inner):
            return None
        return [
            *(path for path in before),
            *(first + path for first in before for paths in inner for path in paths or ()),
        ]
    if word not in LOADING | _OTHERS or not node.args:
        return None
    steps = [_hop(argument, word) for argument in node.args]
    if any(step is None for step in steps):
        return before if _is_all(node.args[0]) else None
    return [path + tuple(step for step in steps if step is not None) for path in before]


def _hop(node: ast.expr, strategy: str) -> Hop | None:
    """Return what an argument of a loader names: `A.b`, `A.b.of_type(C)`, `A.b.and_(…)`."""
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("of_type", "and_"):
        strategy = strategy if node.func.attr == "of_type" else "contains_eager"  # a part of the rows, on purpose
        node = node.func.value
    if not isinstance(node, ast.Attribute):
        return None
    return Hop(ast.unparse(node.value), node.attr, strategy)


def _is_all(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value == "*"
