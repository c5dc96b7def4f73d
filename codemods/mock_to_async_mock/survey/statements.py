"""Statements of one body, in the order in which they run: what they bind, store and return, as terms."""

from __future__ import annotations

import ast
from bisect import bisect_left
from collections.abc import Iterable, Sequence

from greenmod.api import dotted

from .expressions import Expressions
from .rows import At, Store
from .terms import UNKNOWN, joined, step

Function = ast.FunctionDef | ast.AsyncFunctionDef
_EXPECTING = frozenset({"raises", "assertRaises", "assertRaisesRegex", "suppress"})


class Walk:
    """The statements of one body. `yielding` are the lines of the file, sorted, that may hold a `yield`."""

    def __init__(self, expressions: Expressions, qualname: str, yielding: Sequence[int]) -> None:
        self.expressions = expressions
        self.qualname = qualname
        self.stores: list[Store] = []
        self.returned: list[str] = []
        self.anchors: list[At] = []
        self.bound: dict[str, list[str]] = {}
        self.inner: list[Function | ast.ClassDef] = []
        self.is_generator = False
        self._yielding = yielding

    def decorators(self, nodes: Iterable[ast.expr]) -> tuple[str, ...]:
        """Return the terms of decorators, from the top."""
        self.expressions.where = "d"
        terms = tuple(self.expressions.visit(node, "decorates") for node in nodes)
        self.expressions.where = ""
        return terms

    def block(self, statements: Sequence[ast.stmt], outermost: bool = False) -> None:
        """Walk statements. Those of an outermost block are their own anchors, as are those of a `with` in one."""
        for statement in statements:
            if outermost:
                self.expressions.anchor = start_of(statement)
                self.anchors.append(self.expressions.anchor)
            self.statement(statement, outermost)

    def statement(self, node: ast.stmt, outermost: bool) -> None:
        handler = getattr(self, f"_{type(node).__name__}", None)
        if handler is not None:
            handler(node, outermost)
        else:
            self._scan(node)

    def _scan(self, node: ast.stmt) -> None:
        """Look at the expressions of a statement of no interest of its own."""
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self._value(child, "other")

    def _value(self, node: ast.expr | None, how: str) -> str:
        if node is None:
            return UNKNOWN
        if isinstance(node, ast.Yield | ast.YieldFrom):
            self._yield(node)
            return UNKNOWN
        if self._may_yield(node) and any(isinstance(each, ast.Yield | ast.YieldFrom) for each in ast.walk(node)):
            self.is_generator = True
        return self.expressions.visit(node, how)

    def _may_yield(self, node: ast.expr) -> bool:
        place = bisect_left(self._yielding, node.lineno)
        return place < len(self._yielding) and self._yielding[place] <= (node.end_lineno or node.lineno)

    def _yield(self, node: ast.Yield | ast.YieldFrom) -> None:
        self.is_generator = True
        self.returned.append(self.expressions.visit(node.value, "yield") if node.value else "?")

    def _Expr(self, node: ast.Expr, outermost: bool) -> None:
        self._value(node.value, "statement")

    def _Return(self, node: ast.Return, outermost: bool) -> None:
        if node.value is not None:
            self.returned.append(self._value(node.value, "return"))

    def _Assign(self, node: ast.Assign, outermost: bool) -> None:
        value = self._value(node.value, _purpose(node.targets))
        for target in node.targets:
            self.assign(target, value, node, is_alone=len(node.targets) == 1)

    def _AnnAssign(self, node: ast.AnnAssign, outermost: bool) -> None:
        if node.value is not None:
            how = "assigned" if isinstance(node.target, ast.Name) else "stored"
            self.assign(node.target, self._value(node.value, how), node, is_alone=False)

    def _AugAssign(self, node: ast.AugAssign, outermost: bool) -> None:
        self._value(node.value, "operand")
        if isinstance(node.target, ast.Name):
            self.bind(node.target.id, UNKNOWN)

    def assign(self, target: ast.expr, value: str, node: ast.stmt, *, is_alone: bool) -> None:
        """Let a target be a value from here on."""
        if isinstance(target, ast.Name):
            self.bind(target.id, value)
        elif isinstance(target, ast.Attribute):
            base = self.expressions.visit(target.value, "stored into")
            self._store(base, target.attr, value, node, is_alone, text=ast.unparse(target.value))
        elif isinstance(target, ast.Subscript):
            base = self.expressions.visit(target.value, "stored into")
            key = self.expressions.visit(target.slice, "key")
            self._store(base, "[]", value, node, is_alone, key=key)
        elif isinstance(target, ast.Tuple | ast.List):
            items = self._items(value, len(target.elts))
            for each, item in zip(target.elts, items, strict=True):
                if isinstance(each, ast.Starred):
                    self.assign(each.value, UNKNOWN, node, is_alone=False)
                else:
                    self.assign(each, item, node, is_alone=False)

    def _items(self, value: str, count: int) -> Sequence[str]:
        """Return the terms of the items of a tuple or list that is written out; else what unpacking gives."""
        if value.startswith("=") and "|" not in value:
            items = self.expressions.literals[int(value[1:])].items
            if len(items) == count:
                return items
        return [step(value, "[]")] * count

    def _store(
        self, base: str, attr: str, value: str, node: ast.stmt, is_alone: bool, *, text: str = "", key: str = ""
    ) -> None:
        where, anchor, seq = self.expressions.where, self.expressions.anchor, self.expressions.next()
        self.stores.append(Store(base, attr, value, start_of(node), where, seq, is_alone, anchor, text, key))

    def bind(self, name: str, term: str) -> None:
        self.expressions.names[name] = term
        self.bound.setdefault(name, []).append(term)

    def _definition(self, node: Function | ast.ClassDef, outermost: bool) -> None:
        self.inner.append(node)
        name = f"{self.qualname}.{node.name}" if self.qualname else node.name
        # A definition is found by its qualified name; as a value it is called by its plain one.
        self.bound.setdefault(node.name, []).append(f"&{name.replace('.', '/')}")
        self.expressions.names[node.name] = f"&{name.replace('.', '/')}"

    _FunctionDef = _definition
    _AsyncFunctionDef = _definition
    _ClassDef = _definition

    def _With(self, node: ast.With | ast.AsyncWith, outermost: bool) -> None:
        is_async = isinstance(node, ast.AsyncWith)
        where = self.expressions.where
        for item in node.items:
            term = self._value(item.context_expr, "async with" if is_async else "with")
            if _expects(item.context_expr):
                self.expressions.where = where + "w"
            if item.optional_vars is not None:
                entered = step(term, ".__aenter__()" if is_async else ".__enter__()")
                self.assign(item.optional_vars, entered, node, is_alone=False)
        self.block(node.body, outermost)
        self.expressions.where = where

    _AsyncWith = _With

    def _If(self, node: ast.If, outermost: bool) -> None:
        self._value(node.test, "tested")
        self._branches((node.body, node.orelse))

    def _Match(self, node: ast.Match, outermost: bool) -> None:
        self._value(node.subject, "tested")
        self._branches([*(case.body for case in node.cases), []])

    def _branches(self, blocks: Sequence[Sequence[ast.stmt]], letter: str = "b") -> None:
        """Walk blocks of which one runs: after them a name may be what it became in any."""
        before, where = dict(self.expressions.names), self.expressions.where
        after: list[dict[str, str]] = []
        self.expressions.where = where + letter
        for block in blocks:
            self.expressions.names = dict(before)
            self.block(block)
            if not _leaves(block):
                after.append(self.expressions.names)
        self.expressions.where = where
        self.expressions.names = _merged(after) if after else before

    def _For(self, node: ast.For | ast.AsyncFor, outermost: bool) -> None:
        iterated = self._value(node.iter, "async for" if isinstance(node, ast.AsyncFor) else "for")
        self.expressions.bind_item(node.target, iterated)
        for each in ast.walk(node.target):
            if isinstance(each, ast.Name):
                self.bound.setdefault(each.id, []).append(self.expressions.names[each.id])
        self._branches((node.body, ()), "l")
        self._branches((node.orelse, ())) if node.orelse else None

    _AsyncFor = _For

    def _While(self, node: ast.While, outermost: bool) -> None:
        self._value(node.test, "tested")
        self._branches((node.body, ()), "l")

    def _Try(self, node: ast.Try, outermost: bool) -> None:
        # The body runs once, if not always to its end.
        self.block(node.body, outermost)
        self._branches([*(handler.body for handler in node.handlers), node.orelse])
        for handler in node.handlers:
            if handler.name:
                self.bind(handler.name, UNKNOWN)
        self.block(node.finalbody, outermost)

    _TryStar = _Try

    def _Delete(self, node: ast.Delete, outermost: bool) -> None:
        for target in node.targets:
            if isinstance(target, ast.Name):
                self.bind(target.id, UNKNOWN)

    def _Import(self, node: ast.Import | ast.ImportFrom, outermost: bool) -> None:
        """Imports are the facts' matter: a name that they bind stands for itself."""
        for alias in node.names:
            name = alias.asname or alias.name.partition(".")[0]
            self.expressions.names.pop(name, None)

    _ImportFrom = _Import


def _merged(states: Sequence[dict[str, str]]) -> dict[str, str]:
    if len(states) == 1:
        return states[0]
    names = {name for state in states for name in state}
    return {name: _agreed([state.get(name, name) for state in states]) for name in names}


def _agreed(terms: Sequence[str]) -> str:
    first = terms[0]
    return first if first and "|" not in first and terms.count(first) == len(terms) else joined(terms)


def _purpose(targets: Sequence[ast.expr]) -> str:
    """Return what becomes of a value that is assigned: unpacking looks into it."""
    if any(isinstance(target, ast.Tuple | ast.List) for target in targets):
        return "unpacked"
    return "assigned" if all(isinstance(target, ast.Name) for target in targets) else "stored"


def _leaves(block: Sequence[ast.stmt]) -> bool:
    return bool(block) and isinstance(block[-1], ast.Return | ast.Raise | ast.Continue | ast.Break)


def _expects(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and dotted(node.func).rpartition(".")[2] in _EXPECTING


def start_of(node: ast.stmt) -> At:
    """Return where a statement begins, its decorators with it."""
    if isinstance(node, Function | ast.ClassDef) and node.decorator_list:
        first = node.decorator_list[0]
        return first.lineno, first.col_offset - 1
    return node.lineno, node.col_offset
