"""Expressions of one function body, turned into terms; calls and what becomes of their results are noted on the way."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from .purposes import RUN, purpose_of
from .rows import At, Call, Lambda, Literal, Touch
from .tags import is_name_of_mock
from .terms import UNKNOWN, joined, step

_TEXT = 300  # characters of a string that are remembered
_RESULTS = (".set_result", ".set_exception")
# What only an AsyncMock knows of itself.
_COUNTS = frozenset({"await_count", "await_args", "await_args_list"})
_TOUCHING = frozenset({"await", "async with", "async for", "inspected", "compared", "scheduled"})


class Expressions:
    """The expressions of a body. `names` maps what is bound so far to terms."""

    def __init__(self, tag: Callable[[str], str], parameters: Iterable[str]) -> None:
        self.names: dict[str, str] = {name: name for name in parameters}
        self._calls: list[Call | None] = []
        self.touches: list[Touch] = []
        self.literals: list[Literal] = []
        self.lambdas: list[Lambda] = []
        self.where = ""
        self.anchor: At = (0, 0)
        self.seq = 0
        self._tag = tag
        self._hows: list[set[str]] = []

    def finished_calls(self) -> tuple[Call, ...]:
        made = (call for call in self._calls if call is not None)
        return tuple(call._replace(hows=",".join(sorted(hows))) for call, hows in zip(made, self._hows, strict=True))

    def next(self) -> int:
        self.seq += 1
        return self.seq

    def visit(self, node: ast.expr | None, how: str = "other") -> str:
        """Return the term of an expression whose value is used as `how`."""
        if node is None:
            return UNKNOWN
        handler = _HANDLERS.get(node.__class__)
        return self._below(node) if handler is None else handler(self, node, how)

    def used(self, term: str, how: str, line: int) -> None:
        """Note that a value is used."""
        for part in term.split("|"):
            if part.startswith("#") and part[1:].isdigit():
                self._hows[int(part[1:])].add(how)
            elif how in _TOUCHING and part != UNKNOWN and not part.startswith(("=", "\\")):
                self.touches.append(Touch(part, how, line))

    def _Name(self, node: ast.Name, how: str) -> str:
        term = self.names.get(node.id, node.id)
        if term != node.id or how != "other":
            self.used(term, how, node.lineno)
        return term

    def _Attribute(self, node: ast.Attribute, how: str) -> str:
        base = self.visit(node.value, "chained")
        if node.attr in _COUNTS and not base.startswith(("?", "=", "\\")):
            self.touches.append(Touch(base, "counted", node.lineno))
        term = step(base, f".{node.attr}")
        self.used(term, how, node.lineno)
        return term

    def _Subscript(self, node: ast.Subscript, how: str) -> str:
        base = self.visit(node.value, "chained")
        self.visit(node.slice)
        term = step(base, "[]")
        self.used(term, how, node.lineno)
        return term

    def _Await(self, node: ast.Await, how: str) -> str:
        return self.visit(node.value, "await")

    def _Starred(self, node: ast.Starred, how: str) -> str:
        return step(self.visit(node.value, how), "[]")

    def _NamedExpr(self, node: ast.NamedExpr, how: str) -> str:
        term = self.visit(node.value, how)
        self.names[node.target.id] = term
        return term

    def _IfExp(self, node: ast.IfExp, how: str) -> str:
        self.visit(node.test)
        return joined((self.visit(node.body, how), self.visit(node.orelse, how)))

    def _BoolOp(self, node: ast.BoolOp, how: str) -> str:
        return joined(self.visit(value, how) for value in node.values)

    def _Compare(self, node: ast.Compare, how: str) -> str:
        identity = any(isinstance(op, ast.Is | ast.IsNot) for op in node.ops) and not any(
            isinstance(value, ast.Constant) for value in node.comparators
        )
        for value in (node.left, *node.comparators):
            self.visit(value, "compared" if identity else "operand")
        return self._literal(node, "bool")

    def _Call(self, node: ast.Call, how: str) -> str:
        callee = self.visit(node.func, "called")
        # The number belongs to the call before its arguments' own calls: they are told of it, and run before it.
        number = len(self._calls)
        tag, where, anchor = self._tag(callee), self.where, self.anchor
        self._calls.append(None)
        self._hows.append({how})
        purpose = purpose_of(callee)
        # Of `wait_for(coroutine, timeout)` the first is run; `gather` runs them all.
        others = purpose if purpose != "scheduled" or callee.endswith("gather") else "argument"
        args = tuple(self._argument(arg, others if place else purpose) for place, arg in enumerate(node.args))
        keywords = tuple(
            (kw.arg or "**", self.visit(kw.value, purpose if kw.arg in RUN or purpose != "scheduled" else "argument"))
            for kw in node.keywords
        )
        is_of_mock = tag or is_name_of_mock(callee) or callee.endswith(".configure_mock")
        values = (*node.args, *(kw.value for kw in node.keywords)) if is_of_mock else ()
        spots = tuple((value.lineno, value.col_offset) for value in values)
        if callee.endswith(_RESULTS) and len(node.args) == 1:
            arg = node.args[0]
            spots = (arg.lineno, arg.col_offset), (arg.end_lineno or 0, arg.end_col_offset or 0)
        at, start = _last_name(node.func), (node.lineno, node.col_offset)
        self._calls[number] = Call(callee, args, keywords, at, start, "", tag, where, self.next(), anchor, spots)
        return f"#{number}"

    def _argument(self, node: ast.expr, purpose: str) -> str:
        if isinstance(node, ast.Starred):
            return "*" + self.visit(node.value, purpose)
        return self.visit(node, purpose)

    def _Lambda(self, node: ast.Lambda, how: str) -> str:
        parameters = _names(node.args)
        outer, where = self.names, self.where
        self.names = {**outer, **dict.fromkeys(parameters, UNKNOWN)}
        self.where += "f"
        body = self.visit(node.body, "returned by lambda")
        self.names, self.where = outer, where
        uses = any(isinstance(each, ast.Name) and each.id in parameters for each in ast.walk(node.body))
        names = tuple(sorted({each.id for each in ast.walk(node.body) if isinstance(each, ast.Name)}))
        at = (node.lineno, node.col_offset)
        self.lambdas.append(Lambda(tuple(parameters), body, uses, at, _is_constant(node.body), names))
        return f"\\{len(self.lambdas) - 1}"

    def _Constant(self, node: ast.Constant, how: str) -> str:
        value = node.value
        kind = "none" if value is None else type(value).__name__
        return self._literal(node, kind, value[:_TEXT] if isinstance(value, str) else "")

    def _JoinedStr(self, node: ast.JoinedStr, how: str) -> str:
        parts = [part.value if isinstance(part, ast.FormattedValue) else part for part in node.values]
        return self._literal(node, "f-string", items=tuple(self.visit(part, "operand") for part in parts))

    def _List(self, node: ast.List | ast.Tuple | ast.Set, how: str) -> str:
        items = tuple(self.visit(each, _inside(how)) for each in node.elts)
        places = tuple((each.lineno, each.col_offset) for each in node.elts)
        return self._literal(node, type(node).__name__.lower(), items=items, places=places)

    _Tuple = _List
    _Set = _List

    def _Dict(self, node: ast.Dict, how: str) -> str:
        keys = tuple(
            key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else self._other_key(key)
            for key in node.keys
        )
        items = tuple(self.visit(value, _inside(how)) for value in node.values)
        places = tuple((key.lineno, key.col_offset) if key else (0, 0) for key in node.keys)
        return self._literal(node, "dict", items=items, keys=keys, places=places)

    def _other_key(self, key: ast.expr | None) -> str:
        if key is None:
            return "**"
        return f" {self.visit(key, 'operand')}"

    def _ListComp(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp, how: str) -> str:
        return self._comprehension(node.generators, (node.elt,), how)

    _SetComp = _ListComp
    _GeneratorExp = _ListComp

    def _DictComp(self, node: ast.DictComp, how: str) -> str:
        return self._comprehension(node.generators, (node.key, node.value), how)

    def _comprehension(self, generators: Sequence[ast.comprehension], results: Sequence[ast.expr], how: str) -> str:
        outer, where = dict(self.names), self.where
        self.where += "l"
        for each in generators:
            self.bind_item(each.target, self.visit(each.iter, "async for" if each.is_async else "for"))
            for test in each.ifs:
                self.visit(test)
        # What gathers the items of `[f(x) for x in xs]` gathers each of them.
        for result in results:
            self.visit(result, how if how in ("scheduled", "await") else "item")
        self.names, self.where = outer, where
        return UNKNOWN

    def bind_item(self, target: ast.expr, iterated: str) -> None:
        """Bind the names of a loop's target to an item of what is looped over."""
        if isinstance(target, ast.Name):
            self.names[target.id] = step(iterated, "[]")
        else:
            self.forget(target)

    def forget(self, target: ast.expr) -> None:
        """Nobody knows what the names of a target are from here on."""
        for each in ast.walk(target):
            if isinstance(each, ast.Name):
                self.names[each.id] = UNKNOWN

    def _Yield(self, node: ast.Yield, how: str) -> str:
        self.visit(node.value, "yield")
        return UNKNOWN

    def _BinOp(self, node: ast.BinOp, how: str) -> str:
        self.visit(node.left, "operand")
        self.visit(node.right, "operand")
        return UNKNOWN

    def _below(self, node: ast.expr) -> str:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.visit(child, "operand")
        return UNKNOWN

    def _literal(
        self,
        node: ast.expr,
        kind: str,
        text: str = "",
        items: tuple[str, ...] = (),
        keys: tuple[str, ...] = (),
        places: tuple[At, ...] = (),
    ) -> str:
        self.literals.append(Literal(kind, text, items, keys, places, (node.lineno, node.col_offset)))
        return f"={len(self.literals) - 1}"


_HANDLERS: Mapping[type[ast.AST], Callable[[Expressions, Any, str], str]] = {
    getattr(ast, name[1:]): method for name, method in vars(Expressions).items() if hasattr(ast, name[1:])
}


def _inside(how: str) -> str:
    return how if how in ("scheduled", "await") else "item"


def _last_name(node: ast.expr) -> At:
    """Return where the last name of a callee is; columns in UTF-8 bytes."""
    if isinstance(node, ast.Attribute):
        end = node.end_col_offset or 0
        return node.end_lineno or node.lineno, end - len(node.attr.encode())
    return node.lineno, node.col_offset


def _names(args: ast.arguments) -> list[str]:
    extra = (args.vararg, args.kwarg)
    return [arg.arg for arg in (*args.posonlyargs, *args.args, *args.kwonlyargs, *extra) if arg is not None]


def _is_constant(node: ast.expr) -> bool:
    """Tell whether evaluating an expression once is as good as at each call: it is made of literals and names."""
    if isinstance(node, ast.UnaryOp):
        return _is_constant(node.operand)
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return all(_is_constant(each) for each in node.elts)
    if isinstance(node, ast.Dict):
        return all(key is not None and _is_constant(key) for key in node.keys) and all(map(_is_constant, node.values))
    return isinstance(node, ast.Constant | ast.Name)
