"""Collect the rows of one file, by `ast`: body by body, each with what its statements do."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from functools import partial

from greenmod.api import FileFacts, SurveyedFile

from .expressions import Expressions
from .parameters import fields_of, parameters_of
from .rows import At, Body, Rows
from .statements import Function, Walk, start_of
from .tags import CONSTRUCTORS, PATCHERS, SETTERS, tag_of
from .terms import joined

_CONFIGS = frozenset({"return_value", "side_effect"})
_LINE_END = re.compile(r"\r\n|\r|\n")
_IGNORE = re.compile(r"#\s*greenmod:\s*ignore")


def collect(file: SurveyedFile) -> Rows:
    """Return what the functions of a file do."""
    collector = _Collector(file.facts, tuple(_yielding(file.text)))
    collector.body(file.tree, "", "module", ())
    tags = {call.tag for body in collector.bodies for call in body.calls}
    made = {tag.removeprefix("mocker.") for tag in tags}
    configures = any(store.attr in _CONFIGS for body in collector.bodies for store in body.stores)
    has_mocks = bool(made & (CONSTRUCTORS | PATCHERS)) or configures or _speaks_of_mocks(file.facts)
    lines = file.text.splitlines() if "greenmod" in file.text else ()
    ignored = tuple(number for number, line in enumerate(lines, 1) if _IGNORE.search(line))
    return Rows(has_mocks, tuple(collector.bodies), ignored)


def _yielding(text: str) -> Iterator[int]:
    """Yield the lines, sorted, that hold the word."""
    if "yield" in text:
        yield from (number for number, line in enumerate(_LINE_END.split(text), 1) if "yield" in line)


def _speaks_of_mocks(facts: FileFacts) -> bool:
    return any(fact.target.startswith(("unittest.mock", "mock", "asynctest")) for fact in facts.imports)


class _Collector:
    def __init__(self, facts: FileFacts, yielding: Sequence[int]) -> None:
        self.facts = facts
        self.yielding = yielding
        self.bodies: list[Body] = []

    def body(self, node: ast.Module | ast.ClassDef | Function, qualname: str, kind: str, around: Sequence[str]) -> None:
        """Walk one body; those inside of it come after it. `around` are the names of parameters of functions around."""
        parameters = parameters_of(node.args) if isinstance(node, Function) else ()
        names = [parameter.name.lstrip("*") for parameter in parameters]
        seen = (*around, *names)
        walk = Walk(Expressions(partial(self._tag, qualname, seen), names), qualname, self.yielding)
        decorators: tuple[str, ...] = ()
        if isinstance(node, Function | ast.ClassDef):
            decorators = walk.decorators(node.decorator_list)
        walk.block(node.body, outermost=True)
        if isinstance(node, ast.ClassDef):
            parameters = fields_of(node)
        place = self._place(node.body)
        self.bodies.append(
            Body(
                qualname,
                kind,
                getattr(node, "lineno", 1),
                isinstance(node, ast.AsyncFunctionDef),
                walk.is_generator,
                parameters,
                decorators,
                walk.expressions.finished_calls(),
                tuple(walk.stores),
                tuple(walk.expressions.touches),
                tuple(dict.fromkeys(walk.returned)),
                {name: joined(terms) for name, terms in walk.bound.items()},
                tuple(walk.expressions.literals),
                tuple(walk.expressions.lambdas),
                place,
                tuple(walk.anchors),
            )
        )
        for inner in walk.inner:
            name = f"{qualname}.{inner.name}" if qualname else inner.name
            if isinstance(inner, ast.ClassDef):
                self.body(inner, name, "class", seen)
            else:
                self.body(inner, name, "method" if kind == "class" else "function", seen)

    def _tag(self, scope: str, parameters: Sequence[str], callee: str) -> str:
        if callee.startswith("#") and callee.rpartition(".")[2] in SETTERS:
            return callee.rpartition(".")[2]
        if "|" in callee or callee[:1] in "#=\\?" or not callee:
            return ""
        return tag_of(callee, self.facts.qualified_names(callee, scope), parameters)

    def _place(self, body: Sequence[ast.stmt]) -> At:
        if not body:
            return 1, 0
        first = body[0]
        if len(body) > 1 and isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
            first = body[1]
        return start_of(first)
