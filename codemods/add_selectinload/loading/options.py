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
    """One path of relationships. `argument` is its place among the arguments, `is_line`: nothing else is in it.

    `is_open`: options that can't be told lead on from its end; with no hops, from the rows themselves.
    """

    hops: tuple[Hop, ...]
    argument: int
    is_line: bool
    is_open: bool = False


class _Path(NamedTuple):
    hops: tuple[Hop, ...] = ()
    is_open: bool = False


_UNKNOWN = [_Path(is_open=True)]


def parse(texts: tuple[str, ...]) -> tuple[Loader, ...]:
    """Return the loaders in the arguments of `.options(…)`; a starred list is one argument."""
    found: list[Loader] = []
    for number, text in enumerate(texts):
        node = _parsed(text)
        is_list = isinstance(node, ast.List) and len(texts) == 1  # the options of a `get`, whose elements count
        is_alone = not isinstance(node, ast.Starred | ast.Tuple)
        for place, element in enumerate(_elements(node)):
            paths = _paths(element)
            is_line = len(paths) == 1 and is_alone
            argument = place if is_list else number
            found += [Loader(path.hops, argument, is_line, path.is_open) for path in paths if path.hops or path.is_open]
    return tuple(found)


def _elements(node: ast.expr | None) -> list[ast.expr | None]:
    """Return what a list, a tuple or a star in front of them has in it."""
    if isinstance(node, ast.Starred):
        return _elements(node.value)
    if isinstance(node, ast.List | ast.Tuple):
        return [element for each in node.elts for element in _elements(each)]
    return [node]


def polymorphic(texts: tuple[str, ...]) -> frozenset[str]:
    """Return the texts of the classes that `selectin_polymorphic(Base, [Heir])` among the arguments asks for."""
    trees = filter(None, map(_parsed, texts))
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    asked = [node.args[1] for node in calls if _word(node) == "selectin_polymorphic" and len(node.args) == 2]
    lists = (node for node in asked if isinstance(node, ast.List | ast.Tuple))
    return frozenset(ast.unparse(each) for node in lists for each in node.elts)


def _parsed(text: str) -> ast.expr | None:
    """Return an argument's expression; None for one that was too long to be noted."""
    star = "*" if text.startswith("*") else ""
    try:
        found = ast.parse(f"({text[len(star) :]}\n)", mode="eval").body
    except SyntaxError:
        return None
    return ast.Starred(found) if star else found


def _word(node: ast.Call) -> str:
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def _paths(node: ast.expr | None) -> list[_Path]:
    """Return the paths of a loader: `selectinload(A.b).options(joinedload(B.c), joinedload(B.d))` has three."""
    if not isinstance(node, ast.Call):
        return _UNKNOWN
    word = _word(node)
    before = [_Path()]
    if isinstance(node.func, ast.Attribute) and (word == "options" or isinstance(node.func.value, ast.Call)):
        before = _paths(node.func.value)
    if word in _OF_COLUMNS:
        return before
    if word == "options" and not isinstance(node.func, ast.Name):
        inner = [path for argument in node.args for path in _paths(argument)]
        return [*before, *(_led(first, path) for first in before for path in inner)]
    if word not in LOADING | _OTHERS or not node.args:
        return _UNKNOWN
    steps = [_hop(argument, word) for argument in node.args]
    if any(step is None for step in steps):
        return before if _is_all(node.args[0]) else [_led(path, _Path(is_open=True)) for path in before]
    further = _Path(tuple(step for step in steps if step is not None))
    return [_led(path, further) for path in before]


def _led(path: _Path, further: _Path) -> _Path:
    """Return a path with more behind it, as far as it can be told."""
    return path if path.is_open else _Path(path.hops + further.hops, further.is_open)


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
