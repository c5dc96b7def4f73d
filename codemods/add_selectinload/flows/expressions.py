"""Expressions of one function body, turned into terms; its calls and what it reads are noted on the way."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from .rows import KEYED, LISTED, MAPPED, PACKED, QUERIED, UNKNOWN, Call, Read
from .terms import COMPARED, EACH, is_known, joined, parts, step

_LONGEST_TEXT = 200
_LONGEST_OPTIONS = 4_000
# The term of everything: a parameter of the function decides a condition.
ANYTHING = "*"
# Functions whose function arguments are given the items of another argument, one by one.
_BY_ITEM = frozenset({"sorted", "min", "max", "map", "filter", "groupby", "sort"})
_Comprehension = ast.ListComp | ast.SetComp | ast.GeneratorExp


class Expressions:
    """The expressions of a body. `names` maps what is bound so far to terms."""

    def __init__(self, parameters: Iterable[str], lines: list[bytes]) -> None:
        self.names: dict[str, str] = {name: f"@{name}" for name in parameters}
        self.reads: dict[str, Read] = {}
        self._calls: list[Call | None] = []
        self._awaited: set[int] = set()
        self._lines = lines
        self._conditions: list[frozenset[str]] = []
        self._spared: frozenset[str] = frozenset()
        self._held: dict[str, int] = {}  # how many conditions held where a call was made

    @property
    def calls(self) -> tuple[Call, ...]:
        return tuple(
            call._replace(is_awaited=number in self._awaited)
            for number, call in enumerate(self._calls)
            if call is not None
        )

    def term(self, node: ast.expr | None) -> str:
        """Return where the value of an expression comes from, and note what happens on the way."""
        if node is None:
            return UNKNOWN
        method = getattr(self, f"_{type(node).__name__.lower()}", None)
        if method is not None:
            return str(method(node))
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.term(child)
        return UNKNOWN

    def bind(self, target: ast.expr, term: str) -> None:
        """Make the names of a target stand for a term."""
        if isinstance(target, ast.Name):
            self.names[target.id] = term
        elif isinstance(target, ast.Tuple | ast.List):
            for number, each in enumerate(target.elts):
                if isinstance(each, ast.Starred):
                    self.bind(each.value, UNKNOWN)
                else:
                    self.bind(each, step(term, f"[{number}]"))
        elif isinstance(target, ast.Attribute):
            for part in step(self.term(target.value), f".{target.attr}").split("|"):
                if is_known(part):
                    self._note_read(part, target, is_set=True)
        elif isinstance(target, ast.Subscript):
            self._keep(self.term(target.value), target.slice, term)

    def _keep(self, owner: str, key: ast.expr, term: str) -> None:
        """Note that a dictionary that is written out gets one more entry: `context["rows"] = rows`."""
        made = self._calls[int(owner[1:])] if owner[:1] == "#" and owner[1:].isdecimal() else None
        is_named = isinstance(key, ast.Constant) and isinstance(key.value, str)
        if made is not None and made.callee == MAPPED and is_named and term != UNKNOWN:
            keywords = (*made.keywords, (ast.literal_eval(key), term))
            self._calls[int(owner[1:])] = made._replace(keywords=keywords)

    def _name(self, node: ast.Name) -> str:
        return self.names.get(node.id, node.id)

    def _attribute(self, node: ast.Attribute) -> str:
        if node.attr == "query" and isinstance(node.value, ast.Name | ast.Attribute):
            owner = self.term(node.value)
            if not is_known(owner):
                return self._noted(node, QUERIED, (owner,), (), (self._text(node.value),))
        found = step(self.term(node.value), f".{node.attr}")
        for part in found.split("|"):
            if is_known(part):
                self._note_read(part, node)
        return found

    def _note_read(self, term: str, node: ast.Attribute, *, is_set: bool = False) -> None:
        owner = term[: -len(node.attr) - 1]
        since = self._conditions[self._held.get(parts(term)[0], 0) :]
        is_conditional = any(owner in asked or ANYTHING in asked for asked in since)
        if term in self._spared:
            return
        key = f"{term}=" if is_set else term
        if key not in self.reads or (self.reads[key].is_conditional and not is_conditional):
            self.reads[key] = Read(term, node.lineno, len(self._calls), is_conditional, is_set)

    @contextmanager
    def where(self, *tests: ast.expr) -> Iterator[None]:
        """Go through what is done only if conditions hold, or only if they don't."""
        self._conditions.append(frozenset(self._asked(tests)))
        yield
        self._conditions.pop()

    def _asked(self, tests: Iterable[ast.expr]) -> Iterator[str]:
        """Yield the terms whose attributes conditions look at; `ANYTHING` for a parameter's own value."""
        for test in tests:
            nodes = [*ast.walk(test)]
            is_there = [node.left for node in nodes if isinstance(node, ast.Compare) and _is_with_none(node)]
            owners = [node.value for node in nodes if isinstance(node, ast.Attribute)]
            for node in nodes:
                if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                    yield from self.names.get(node.value.id, "").split("|")
                elif isinstance(node, ast.Name) and node not in is_there and node not in owners:
                    yield from (ANYTHING,) if self.names.get(node.id) == f"@{node.id}" else ()

    def _subscript(self, node: ast.Subscript) -> str:
        value = self.term(node.value)
        if isinstance(node.slice, ast.Slice):
            return value
        self.term(node.slice)
        place = node.slice.value if isinstance(node.slice, ast.Constant) else UNKNOWN
        return step(value, f"[{place if isinstance(place, int) else UNKNOWN}]")

    def _await(self, node: ast.Await) -> str:
        found = self.term(node.value)
        for part in found.split("|"):
            if part.startswith("#") and part[1:].isdecimal():
                self._awaited.add(int(part[1:]))
        return found

    def _namedexpr(self, node: ast.NamedExpr) -> str:
        found = self.term(node.value)
        self.bind(node.target, found)
        return found

    def _ifexp(self, node: ast.IfExp) -> str:
        self.term(node.test)
        with self.where(node.test):
            return joined((self.term(node.body), self.term(node.orelse)))

    def _boolop(self, node: ast.BoolOp) -> str:
        """Return what `a and b` ends with, or what `a or b` begins with: the rest is what it falls back on."""
        first, *rest = node.values
        terms = [self.term(first)]
        with self.where(*node.values[:-1]):
            outside = self._spared
            self._spared |= self._keys(node.values[:-1]) if isinstance(node.op, ast.Or) else frozenset()
            terms += [self.term(value) for value in rest]
            self._spared = outside
        return terms[-1] if isinstance(node.op, ast.And) else next((term for term in terms if is_known(term)), UNKNOWN)

    def _keys(self, nodes: Iterable[ast.expr]) -> frozenset[str]:
        """Return the relationships that `row.author_id or row.author.id` does not read of a row that has the key."""
        found = (self.term(node) for node in nodes if isinstance(node, ast.Attribute))
        return frozenset(part.removesuffix("_id") for term in found for part in term.split("|"))

    def _compare(self, node: ast.Compare) -> str:
        """Return what is compared, as far as it was made here or handed over: conditions of queries tell by it."""
        found = [self.term(each) for each in (node.left, *node.comparators)]
        return step(joined(part for term in found for part in term.split("|") if is_known(part)), COMPARED)

    def _binop(self, node: ast.BinOp) -> str:
        """Return what the conditions joined by `&` or `|` compare."""
        found = [self.term(node.left), self.term(node.right)]
        is_condition = isinstance(node.op, ast.BitAnd | ast.BitOr)
        return joined(term for term in found if is_condition and term.endswith(COMPARED))

    def _lambda(self, node: ast.Lambda) -> str:
        return self._applied(node, UNKNOWN)

    def _applied(self, node: ast.Lambda, item: str) -> str:
        """Go through a lambda whose first parameter is `item`."""
        outside = dict(self.names)
        args = [*node.args.posonlyargs, *node.args.args]
        self.names |= {arg.arg: item if number == 0 else UNKNOWN for number, arg in enumerate(args)}
        self.term(node.body)
        self.names = outside
        return UNKNOWN

    def _tuple(self, node: ast.Tuple) -> str:
        return self._written(node, PACKED, [self.term(each) for each in node.elts])

    def _list(self, node: ast.List) -> str:
        return self._written(node, LISTED, [self.term(each) for each in node.elts])

    def _dict(self, node: ast.Dict) -> str:
        values = [(key, self.term(value)) for key, value in zip(node.keys, node.values, strict=True)]
        for key, _ in values:
            self.term(key)
        known = [
            (key.value, term)
            for key, term in values
            if isinstance(key, ast.Constant) and isinstance(key.value, str) and term != UNKNOWN
        ]
        return self._written(node, MAPPED, (), known)

    def _listcomp(self, node: _Comprehension) -> str:
        outside = dict(self.names)
        self._generators(node.generators)
        with self.where(*(test for each in node.generators for test in each.ifs)):
            item = self.term(node.elt)
        self.names = outside
        return self._written(node, LISTED, [item])

    _setcomp = _listcomp
    _generatorexp = _listcomp

    def _dictcomp(self, node: ast.DictComp) -> str:
        outside = dict(self.names)
        self._generators(node.generators)
        with self.where(*(test for each in node.generators for test in each.ifs)):
            self.term(node.key)
            value = self.term(node.value)
        self.names = outside
        return self._written(node, KEYED, [value])

    def _generators(self, generators: Iterable[ast.comprehension]) -> None:
        for each in generators:
            self.bind(each.target, step(self.term(each.iter), EACH))
            for condition in each.ifs:
                self.term(condition)

    def _written(
        self, node: ast.expr, callee: str, args: Iterable[str], keywords: Iterable[tuple[str, str]] = ()
    ) -> str:
        terms, named = tuple(args), tuple(keywords)
        if all(term == UNKNOWN for term in (*terms, *dict(named).values())):
            return UNKNOWN
        return self._noted(node, callee, terms, named, ())

    def _call(self, node: ast.Call) -> str:
        if isinstance(node.func, ast.Attribute) and node.func.attr == "query":
            callee = step(self.term(node.func.value), ".query")
        else:
            callee = self.term(node.func)
        is_options = callee.endswith(".options")
        args = tuple(self._argument(arg, is_options=is_options) for arg in node.args)
        keywords = tuple(
            (keyword.arg or "**", UNKNOWN if isinstance(keyword.value, ast.Lambda) else self.term(keyword.value))
            for keyword in node.keywords
        )
        values = (*node.args, *(keyword.value for keyword in node.keywords))
        for value in values:
            if isinstance(value, ast.Starred) and not is_options:
                self.term(value.value)
            elif isinstance(value, ast.Lambda):
                self._applied(value, self._item(callee, args))
        longest = _LONGEST_OPTIONS if is_options or "options" in dict(keywords) else _LONGEST_TEXT
        return self._noted(node, callee, args, keywords, tuple(self._text(value, longest) for value in values))

    def _argument(self, node: ast.expr, *, is_options: bool) -> str:
        """Return the term of an argument; of a starred one only where its place doesn't matter."""
        if isinstance(node, ast.Starred):
            return self.term(node.value) if is_options else UNKNOWN
        return UNKNOWN if isinstance(node, ast.Lambda) else self.term(node)

    def _item(self, callee: str, args: tuple[str, ...]) -> str:
        """Return what a call hands to a function that it is given."""
        word = callee.rpartition(".")[2]
        if word not in _BY_ITEM:
            return UNKNOWN
        if word == "sort":
            return step(callee.removesuffix(".sort"), EACH)
        return step(next((arg for arg in args if arg != UNKNOWN), UNKNOWN), EACH)

    def _noted(
        self,
        node: ast.expr,
        callee: str,
        args: tuple[str, ...],
        keywords: tuple[tuple[str, str], ...],
        texts: tuple[str, ...],
    ) -> str:
        start, end = (node.lineno, node.col_offset), (node.end_lineno or node.lineno, node.end_col_offset or 0)
        self._calls.append(Call(callee, args, keywords, texts, start, end, is_awaited=False))
        self._held[f"#{len(self._calls) - 1}"] = len(self._conditions)
        return f"#{len(self._calls) - 1}"

    def _text(self, node: ast.expr, longest: int = _LONGEST_TEXT) -> str:
        """Return the source of an argument on one line; of a long one nothing."""
        if node.end_lineno != node.lineno:
            text = ast.unparse(node)
        else:
            text = self._lines[node.lineno - 1][node.col_offset : node.end_col_offset].decode("utf-8", "replace")
        return text if len(text) <= longest else ""


def _is_with_none(node: ast.Compare) -> bool:
    return any(isinstance(each, ast.Constant) and each.value is None for each in node.comparators)
