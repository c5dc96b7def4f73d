"""Where a pass over a module stands, and what it binds from there: names, and attributes of `self`.

Values are looked into only as far as they bind a name or are a yield.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeGuard

from greenmod.facts.objects import declarations as kinds
from greenmod.facts.objects.bindings import Bindings
from greenmod.facts.objects.declarations import Bound
from greenmod.facts.objects.spelling import spelled
from greenmod.facts.objects.statements import YIELDS


class Body:
    """A function body that is being looked at."""

    def __init__(self, owner: str, me: str) -> None:
        self.owner = owner  # the class whose instance or class `me` is
        self.me = me
        self.outside: set[str] = set()  # names declared `global`
        self.is_generator = False
        self.gives: dict[str, None] = {}


class Binder:
    """The names of each scope, and the attributes of each class.

    `scope` is the qualified name of where the pass stands, `body` the function it is in, if any; what is bound has the
    `note` of the block around it.
    """

    def __init__(self) -> None:
        self.names = Bindings()
        self.attributes: dict[str, dict[str, list[Bound]]] = {}
        self.scope = ""
        self.note = ""
        self.body: Body | None = None

    def qualname(self, name: str) -> str:
        return f"{self.scope}.{name}" if self.scope else name

    @contextmanager
    def inside(self, scope: str, body: Body | None = None) -> Iterator[None]:
        """Stand in a class, or in a function with its body, where no note of a block around it counts."""
        outer = self.scope, self.body, self.note
        self.scope, self.body = scope, body
        if body is not None:
            self.note = ""
        self.names.open(scope)
        yield
        self.scope, self.body, self.note = outer

    @contextmanager
    def branch(self, note: str = "") -> Iterator[None]:
        """Enter a block that may be left out; without a note it has that of the block around it."""
        outer, self.note = self.note, note or self.note
        with self.names.branch():
            yield
        self.note = outer

    def bind(self, name: str, bound: Bound, *, is_aside: bool = False) -> None:
        """Bind a name; see `Bindings.put` for one that is aside."""
        if self.note:
            bound = bound._replace(note=self.note)
        if self.body is None:
            self.names.put(self.scope, name, bound, is_aside=is_aside)
        elif name in self.body.outside:
            self.names.add("", name, bound._replace(scope=self.scope))
        else:
            self.names.add(self.scope, name, bound)

    def give(self, target: ast.expr, value: ast.expr) -> None:
        """Bind a target to a value: of `a, b = A(), B()` each name to its own."""
        if _is_row(target) and _is_row(value) and len(target.elts) == len(value.elts):
            for one, other in zip(target.elts, value.elts, strict=True):
                self.give(one, other)
            return
        is_anew = self.body is None and isinstance(target, ast.Name) and self._is_anew(target.id, value)
        self.store(target, Bound(kinds.ANEW if is_anew else kinds.VALUE, target.lineno, spelled(value)))

    def store(self, target: ast.expr, bound: Bound) -> None:
        """Bind a target: a name, an attribute of `self`, or what it unpacks to."""
        if isinstance(target, ast.Name):
            self.bind(target.id, bound)
        elif isinstance(target, ast.Attribute):
            body = self.body
            if body is not None and body.me and isinstance(target.value, ast.Name) and target.value.id == body.me:
                names = self.attributes.setdefault(body.owner, {})
                names.setdefault(target.attr, []).append(bound._replace(scope=self.scope))
        elif isinstance(target, ast.Tuple | ast.List):
            for each in target.elts:
                self.store(each, Bound(kinds.OTHER, bound.line))
        elif isinstance(target, ast.Starred):
            self.store(target.value, Bound(kinds.OTHER, bound.line))

    def look_into(self, value: ast.expr) -> None:
        """Note what a whole value binds, and a yield that it is."""
        if isinstance(value, ast.NamedExpr):
            self.look_into_test(value)
            return
        if isinstance(value, ast.Await):
            value = value.value
        if self.body is not None and isinstance(value, YIELDS):
            if not self.body.is_generator:
                self.body.is_generator = True
                self.body.gives.clear()
            self.body.gives[spelled(value.value) if isinstance(value, ast.Yield) else ""] = None

    def look_into_test(self, test: ast.expr) -> None:
        """Bind what a test binds on its way."""
        if isinstance(test, ast.NamedExpr):
            self.store(test.target, Bound(kinds.VALUE, test.lineno, spelled(test.value)))
        elif isinstance(test, ast.Compare):
            self.look_into_test(test.left)
        elif isinstance(test, ast.UnaryOp):
            self.look_into_test(test.operand)
        elif isinstance(test, ast.BoolOp):
            for each in test.values:
                self.look_into_test(each)

    def _is_anew(self, name: str, value: ast.expr) -> bool:
        """Tell whether a value is made of what a name was before."""
        if not self.names.has(self.scope, name):
            return False
        return any(isinstance(each, ast.Name) and each.id == name for each in ast.walk(value))


def _is_row(node: ast.expr) -> TypeGuard[ast.Tuple | ast.List]:
    """Tell whether an expression lists values, or targets, one by one."""
    return isinstance(node, ast.Tuple | ast.List) and not any(isinstance(each, ast.Starred) for each in node.elts)
