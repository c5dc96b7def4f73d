"""Collect what the functions of one file do, by `ast`."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from greenmod.api import SurveyedFile

from .expressions import Expressions
from .rows import UNKNOWN, Body, Parameter
from .terms import EACH, ENTERED, joined, step

Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = Function | ast.ClassDef
# What ends a block without going on behind it.
_LEAVING = (ast.Return, ast.Raise, ast.Continue, ast.Break)
_TRIES: tuple[type[ast.Try], ...] = tuple(kind for kind in (ast.Try, getattr(ast, "TryStar", None)) if kind)


def collect(file: SurveyedFile) -> tuple[Body, ...]:
    """Return the functions of a file that call anything or read anything, and its module."""
    lines = file.text.encode("utf-8", "surrogatepass").split(b"\n")
    return tuple(_bodies(file.tree.body, "", lines, None, is_method=False))


def _bodies(
    block: Sequence[ast.stmt], qualname: str, lines: list[bytes], node: Function | None, *, is_method: bool
) -> Iterator[Body]:
    walk = _Walk(Expressions((each.name for each in _parameters(node, lines)), lines))
    walk.block(block)
    found = Body(
        qualname,
        node.lineno if node else 1,
        isinstance(node, ast.AsyncFunctionDef),
        is_method,
        _parameters(node, lines),
        walk.expressions.calls,
        tuple(walk.expressions.reads.values()),
        tuple(dict.fromkeys(walk.returned)),
        tuple(dict.fromkeys(walk.yielded)),
    )
    if found.calls or found.reads or found.returned:
        yield found
    for inner in walk.inner:
        name = f"{qualname}.{inner.name}" if qualname else inner.name
        if isinstance(inner, ast.ClassDef):
            for method in _functions(inner.body):
                yield from _bodies(method.body, f"{name}.{method.name}", lines, method, is_method=True)
        else:
            yield from _bodies(inner.body, name, lines, inner, is_method=False)


def _functions(block: Sequence[ast.stmt]) -> Iterator[Function]:
    for statement in block:
        if isinstance(statement, Function):
            yield statement
        elif isinstance(statement, ast.If | ast.Try):
            yield from _functions([*statement.body, *statement.orelse])


def _parameters(node: Function | None, lines: list[bytes]) -> tuple[Parameter, ...]:
    if node is None:
        return ()
    args = node.args
    plain = [*args.posonlyargs, *args.args]
    defaults = [None] * (len(plain) - len(args.defaults)) + [*args.defaults]
    pairs = [*zip(plain, defaults, strict=True), *zip(args.kwonlyargs, args.kw_defaults, strict=True)]
    return tuple(
        Parameter(arg.arg, ast.unparse(arg.annotation) if arg.annotation else "", ast.unparse(it) if it else "")
        for arg, it in pairs
    )


class _Walk:
    """The statements of one body, in their order."""

    def __init__(self, expressions: Expressions) -> None:
        self.expressions = expressions
        self.inner: list[Definition] = []
        self.returned: list[str] = []
        self.yielded: list[str] = []

    def block(self, statements: Sequence[ast.stmt]) -> None:
        for statement in statements:
            self._statement(statement)

    def _branches(self, *blocks: Sequence[ast.stmt]) -> None:
        """Go through blocks of which one is run; after them a name may be what any of those made it that went on."""
        before, ends = self.expressions.names, []
        for block in blocks:
            self.expressions.names = dict(before)
            self.block(block)
            if not block or not isinstance(block[-1], _LEAVING):
                ends.append(self.expressions.names)
        names = dict.fromkeys(name for each in ends for name in each)
        self.expressions.names = {name: joined(each[name] for each in ends if name in each) for name in names} or before

    def _statement(self, node: ast.stmt) -> None:
        term, bind = self.expressions.term, self.expressions.bind
        if isinstance(node, Definition):
            self.inner.append(node)
        elif isinstance(node, ast.Assign):
            value = term(node.value)
            for target in node.targets:
                bind(target, value)
        elif isinstance(node, ast.AnnAssign):
            bind(node.target, term(node.value))
        elif isinstance(node, ast.For | ast.AsyncFor):
            iterated = step(term(node.iter), EACH)
            before = dict(self.expressions.names)
            bind(node.target, iterated)
            self._branches(node.body)
            after = self.expressions.names
            self.expressions.names = {
                name: joined(each[name] for each in (before, after) if name in each) for name in {**before, **after}
            }
            self.block(node.orelse)
        elif isinstance(node, ast.With | ast.AsyncWith):
            for item in node.items:
                entered = term(item.context_expr)
                if item.optional_vars is not None:
                    bind(item.optional_vars, step(entered, ENTERED))
            self.block(node.body)
        elif isinstance(node, ast.Return):
            self.returned += self._known(term(node.value))
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Yield):
            self.yielded += self._known(term(node.value.value))
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.YieldFrom):
            self.returned += self._known(term(node.value.value))
        elif isinstance(node, ast.If | ast.While):
            term(node.test)
            with self.expressions.where(node.test):
                self._branches(node.body, node.orelse)
        elif isinstance(node, _TRIES):
            self._branches([*node.body, *node.orelse], *(handler.body for handler in node.handlers))
            self.block(node.finalbody)
        elif isinstance(node, ast.Match):
            term(node.subject)
            self._branches(*(case.body for case in node.cases), [])
        else:
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.expr):
                    term(child)

    def _known(self, term: str) -> list[str]:
        return [] if term == UNKNOWN else [term]
