"""Expressions of templates, turned into values; what they read is noted on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from jinja2 import nodes

from . import filters
from .conditions import ANYTHING, decides
from .rows import TemplateRead
from .values import NOTHING, Listed, Macro, Module, Packed, Value, at, each, either, terms

Called = Callable[[Macro, nodes.Call], None]
_PARTS = (nodes.Name, nodes.Getattr, nodes.Getitem)


class Expressions:
    """The expressions of one rendering. `path` is the template that they stand in, `names` what is bound there.

    `called` is told of each call of a macro. Without `has_context` only what is bound has a meaning.
    """

    def __init__(self, called: Called) -> None:
        self.path = ""
        self.names: dict[str, Value] = {}
        self.has_context = True
        self.reads: dict[str, TemplateRead] = {}
        self._called = called
        self._conditions: list[tuple[str, ...]] = []
        self._is_quiet = False

    def value(self, node: nodes.Node | None) -> Value:
        """Return what an expression may be, and note what it reads."""
        if isinstance(node, nodes.Name):
            return self.named(node.name, self.names)
        if isinstance(node, nodes.Getattr):
            return self.attribute(self.value(node.node), node.attr, node.lineno)
        if isinstance(node, nodes.Getitem):
            return self._item(node)
        if isinstance(node, nodes.Call):
            return self._call(node)
        if isinstance(node, nodes.Filter):
            return self._filter(node)
        if isinstance(node, nodes.CondExpr):
            self.value(node.test)
            with self.where(node.test):
                return either((self.value(node.expr1), self.value(node.expr2)))
        if isinstance(node, nodes.And | nodes.Or):
            left = self.value(node.left)
            with self.where(node.left):
                right = self.value(node.right)
            return right if isinstance(node, nodes.And) else either((left, right))
        if isinstance(node, nodes.Tuple):
            return (Packed(tuple(map(self.value, node.items))),)
        if isinstance(node, nodes.List):
            return (Listed(either(map(self.value, node.items))),)
        self._children(node)
        return NOTHING

    def named(self, name: str, names: Mapping[str, Value]) -> Value:
        """Return what a name stands for: what `names` say, else what the context does."""
        return names.get(name, (f"@{name}",) if self.has_context else NOTHING)

    def bind(self, target: nodes.Node, value: Value) -> None:
        """Make the names of a target stand for a value."""
        if isinstance(target, nodes.Name):
            self.names[target.name] = value
        elif isinstance(target, nodes.Tuple):
            for number, each in enumerate(target.items):
                self.bind(each, at(value, number))

    def attribute(self, value: Value, name: str, line: int) -> Value:
        """Return an attribute, and note that it is read."""
        found: list[Value] = []
        for one in value:
            if isinstance(one, str):
                term = f"{one}.{name}"
                self._note(term, line)
                found.append((term,))
            elif isinstance(one, Packed) and name in one.names:
                found.append(one.items[one.names.index(name)])
            elif isinstance(one, Module):
                found.append(one.names.get(name, NOTHING))
        return either(found)

    def follow(self, value: Value, path: str, line: int) -> Value:
        """Return what `team.name` leads to, as filters have it; a number is a place."""
        for name in path.split("."):
            value = at(value, int(name)) if name.isdecimal() else self.attribute(value, name, line)
        return value

    @contextmanager
    def where(self, *tests: nodes.Node | None) -> Iterator[None]:
        """Go through what is done only if tests hold, or only if they don't; None for a test that nobody knows."""
        asked = (term for test in tests for term in (self._asked(test) if test is not None else (ANYTHING,)))
        self._conditions.append(tuple(asked))
        yield
        self._conditions.pop()

    def _asked(self, test: nodes.Node) -> Iterator[str]:
        """Yield the terms that a test looks at."""
        if isinstance(test, nodes.Call):
            for argument in (*test.args, *(keyword.value for keyword in test.kwargs)):
                yield from self._asked(argument)
        if isinstance(test, (*_PARTS, nodes.Call)):
            self._is_quiet = True
            value = self.value(test)
            self._is_quiet = False
            yield from terms(value) or (ANYTHING,)
            return
        for child in test.iter_child_nodes():
            yield from self._asked(child)

    def _note(self, term: str, line: int) -> None:
        if self._is_quiet:
            return
        is_conditional = any(decides(asked, term) for asked in self._conditions)
        if term not in self.reads or (self.reads[term].is_conditional and not is_conditional):
            self.reads[term] = TemplateRead(term, self.path, line, is_conditional)

    def _item(self, node: nodes.Getitem) -> Value:
        value, place = self.value(node.node), node.arg
        if isinstance(place, nodes.Slice):
            return value
        if isinstance(place, nodes.Const) and isinstance(place.value, str):
            return self.attribute(value, place.value, node.lineno)
        if isinstance(place, nodes.Const) and isinstance(place.value, int):
            return at(value, place.value)
        self.value(place)
        return at(value, None)

    def _call(self, node: nodes.Call) -> Value:
        callee = self.value(node.node)
        for argument in (*node.args, *(keyword.value for keyword in node.kwargs), node.dyn_args, node.dyn_kwargs):
            self.value(argument)
        found: list[Value] = []
        for one in callee:
            if isinstance(one, Macro) and not self._is_quiet:
                self._called(one, node)
            elif isinstance(one, str) and isinstance(node.node, nodes.Getattr):
                found.append((f"{one}()",))
        return either(found)

    def _filter(self, node: nodes.Filter) -> Value:
        value = self.value(node.node)
        for argument in (*node.args, *(keyword.value for keyword in node.kwargs)):
            self.value(argument)
        paths = filters.attributes(node.name, _constants(node.args), _keywords(node.kwargs))
        read = [self.follow(each(value), path, node.lineno) for path in paths]
        return filters.given(node.name, value, either(read))

    def _children(self, node: nodes.Node | None) -> None:
        for child in node.iter_child_nodes() if node is not None else ():
            self.value(child)


def _constants(given: Iterable[nodes.Expr]) -> Sequence[object]:
    return [each.value if isinstance(each, nodes.Const) else None for each in given]


def _keywords(given: Iterable[nodes.Node]) -> Mapping[str, object]:
    keywords = [each for each in given if isinstance(each, nodes.Keyword)]
    return {each.key: each.value.value for each in keywords if isinstance(each.value, nodes.Const)}
