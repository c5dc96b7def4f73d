"""Which relationships the queries of a file load by options, read by `ast` and by names alone.

What greenmod thinks of a query plays no part here. A query is told by its scope and its ordinal there, which neither
taking options away nor adding some changes.
"""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

LOADERS = frozenset({"selectinload", "joinedload", "subqueryload", "immediateload"})
_OTHERS = frozenset({"contains_eager", "defaultload", "lazyload", "noload", "raiseload"})
_COLUMNS = frozenset({"load_only", "defer", "undefer", "undefer_group", "with_expression", "with_loader_criteria"})
OPTIONS = LOADERS | _OTHERS | _COLUMNS | {"selectin_polymorphic"}
_GETS = frozenset({"get", "get_one", "get_or_404", "merge", "refresh"})
_ROOTS = _GETS | {"select", "query"}
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)

Path: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """What a query is, the same in each version of a file; `word` is `via NAME` where it was made elsewhere."""

    path: str
    scope: str
    word: str
    ordinal: int


@dataclass(slots=True)
class Query:
    """One query. Each path begins with the class it starts from, as far as the source names it; `*` is any name."""

    key: Key
    line: int
    text: str
    is_async: bool
    paths: set[Path] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Sites:
    """The queries of a file in source order, and how often each loader occurs, wherever that is."""

    queries: tuple[Query, ...]
    loaders: Counter[str]


def read(source: bytes, path: str) -> Sites:
    """Raises SyntaxError or ValueError where the source is none of this Python."""
    tree = ast.parse(source)
    words = (word(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call))
    reader = _Reader(path)
    reader.visit(tree)
    return Sites(tuple(reader.finish()), Counter(each for each in words if each in LOADERS))


def word(node: ast.expr) -> str:
    """Return the last name of an expression like `sa.orm.selectinload`; empty if it is none."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def chains(node: ast.expr) -> Iterator[tuple[tuple[str, str, str], ...]]:
    """Yield what leads along relationships in an option: the class's text, the attribute and the strategy of each."""
    if not isinstance(node, ast.Call):
        return
    before: list[tuple[tuple[str, str, str], ...]] = [()]
    if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Call):
        before = [*chains(node.func.value)] or [()]
    name = word(node.func)
    if name == "options":
        yield from before
        yield from (first + rest for first in before for each in node.args for rest in chains(each) if rest)
    elif name in LOADERS | _OTHERS:
        hops = tuple(hop for each in node.args for hop in _hops(each, name))
        yield from (first + hops for first in before)
    else:
        yield from (first for first in before if first)


def _hops(node: ast.expr, strategy: str) -> Iterator[tuple[str, str, str]]:
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("of_type", "and_"):
        node = node.func.value
    if isinstance(node, ast.Attribute):
        yield ast.unparse(node.value).rpartition(".")[2], node.attr, strategy
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield from (("", name, strategy) for name in node.value.split("."))


@dataclass(slots=True)
class _Scope:
    name: str
    is_async: bool
    counts: Counter[str] = field(default_factory=Counter)
    # Each name's values, with the block that the statement is in.
    values: defaultdict[str, list[tuple[tuple[object, ...], ast.expr]]] = field(
        default_factory=lambda: defaultdict(list)
    )


class _Reader(ast.NodeVisitor):
    def __init__(self, path: str) -> None:
        self._path = path
        self._scopes = [_Scope("", False)]
        self._blocks: list[object] = []
        self._roots: dict[int, Query] = {}
        self._elsewhere: dict[Key, Query] = {}

    def finish(self) -> list[Query]:
        found = {query.key: query for query in (*self._roots.values(), *self._elsewhere.values())}
        return sorted(found.values(), key=lambda query: query.line)

    def visit(self, node: ast.AST) -> None:
        if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
            outer = self._scopes[-1]
            name = f"{outer.name}.{getattr(node, 'name', '<lambda>')}".lstrip(".")
            inner = isinstance(node, ast.AsyncFunctionDef) or (isinstance(node, ast.Lambda) and outer.is_async)
            self._scopes.append(_Scope(name, inner))
            self._children(node)
            self._scopes.pop()
            return
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr) and node.value is not None:
            self._children(node)
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                if isinstance(target, ast.Name):
                    self._scopes[-1].values[target.id].append((tuple(self._blocks), node.value))
            return
        if isinstance(node, ast.Call) and self._call(node):
            return
        if isinstance(node, ast.Attribute) and node.attr == "query":
            self._root(node, "attribute")
        self._children(node)

    def _children(self, node: ast.AST) -> None:
        for name, value in ast.iter_fields(node):
            if isinstance(value, list):
                is_block = bool(value) and isinstance(value[0], ast.stmt)
                if is_block:
                    self._blocks.append((id(node), name))
                for each in value:
                    if isinstance(each, ast.AST):
                        self.visit(each)
                if is_block:
                    self._blocks.pop()
            elif isinstance(value, ast.AST):
                self.visit(value)

    def _call(self, node: ast.Call) -> bool:
        """Take in a call; True where its parts are done with."""
        name = word(node.func)
        if name == "options" and isinstance(node.func, ast.Attribute):
            self.visit(node.func.value)
            self._load(self._queries(node.func.value, node.func.value), node.args)
            return True
        if name not in _ROOTS:
            return False
        query = self._root(node, name)
        for each in node.keywords:
            if each.arg == "options" and isinstance(each.value, ast.List | ast.Tuple):
                self._load([query], each.value.elts)
        for part in (node.func.value if isinstance(node.func, ast.Attribute) else node.func, *node.args):
            self.visit(part)
        for each in node.keywords:
            if each.arg != "options":
                self.visit(each.value)
        return True

    def _root(self, node: ast.expr, name: str) -> Query:
        scope = self._scopes[-1]
        if id(node) not in self._roots:
            key = Key(self._path, scope.name, name, scope.counts[name])
            scope.counts[name] += 1
            self._roots[id(node)] = Query(key, node.lineno, ast.unparse(node), scope.is_async)
        return self._roots[id(node)]

    def _load(self, queries: Sequence[Query], arguments: Sequence[ast.expr]) -> None:
        for argument in arguments:
            elements = argument.elts if isinstance(argument, ast.List | ast.Tuple) else [argument]
            for chain in (chain for element in elements for chain in chains(element)):
                for depth, (_, _, strategy) in enumerate(chain, 1):
                    if strategy in LOADERS:
                        path = (chain[0][0], *(name for _, name, _ in chain[:depth]))
                        for query in queries:
                            query.paths.add(path)

    def _queries(self, node: ast.expr, whole: ast.expr) -> list[Query]:
        """Return the queries that an expression may be; one that stands for what came from elsewhere if none is."""
        inner = node
        while not isinstance(inner, ast.Name):
            if id(inner) in self._roots:
                return [self._roots[id(inner)]]
            if isinstance(inner, ast.Call):
                inner = inner.func
            elif isinstance(inner, ast.Attribute | ast.Await | ast.Subscript):
                inner = inner.value
            else:
                break
        if isinstance(inner, ast.Name):
            values = [*self._values(inner.id)]
            if values and all(any(chains(value)) for value in values):
                return []  # a loader, not a query
            found = [query for value in values for query in self._queries(value, whole)]
            if found := [query for query in found if not query.key.word.startswith("via ")]:
                return found
        scope = self._scopes[-1]
        via = f"via {ast.unparse(inner)}"
        key = Key(self._path, scope.name, via, 0)
        return [self._elsewhere.setdefault(key, Query(key, whole.lineno, ast.unparse(whole), scope.is_async))]

    def _values(self, name: str) -> Iterator[ast.expr]:
        """Yield what a name may hold here: its last values, back to one that was assigned in any case."""
        for block, value in reversed(self._scopes[-1].values[name]):
            if _begins_with(value, name):
                continue
            yield value
            if block == tuple(self._blocks[: len(block)]):
                return


def _begins_with(node: ast.expr, name: str) -> bool:
    while isinstance(node, ast.Call | ast.Attribute | ast.Await):
        node = node.func if isinstance(node, ast.Call) else node.value
    return isinstance(node, ast.Name) and node.id == name
