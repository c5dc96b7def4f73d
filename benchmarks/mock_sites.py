"""Where a test file says which kind of mock stands for what, and where two versions of it disagree.

Read by `ast` and by names alone: what greenmod thinks of a site plays no part here. A target is the text of what
becomes a mock (`svc.fetch`, `patch('app.svc.fetch')`, `return`), and is the same before and after a change of kind.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import groupby

_SYNC = {"Mock", "MagicMock", "NonCallableMock", "NonCallableMagicMock"}
_ASYNC = {"AsyncMock", "CoroutineMock"}
_CONFIGURES = {"return_value", "side_effect"}
_REPLACEMENT = {"patch": 1, "object": 2, "setattr": 2}


class Kind(str, Enum):
    """What a site makes: a mock of either kind, a plain function, or no mock, but it configures one."""

    SYNC = "sync"
    ASYNC = "async"
    LAMBDA = "lambda"
    CONFIGURED = "configured"


@dataclass(frozen=True, slots=True)
class Site:
    """One place, from `line` to `end`; `scope` names the classes and functions around it."""

    scope: str
    target: str
    kind: Kind
    line: int
    end: int
    text: str

    @property
    def key(self) -> tuple[str, str]:
        return self.scope, self.target


@dataclass(frozen=True, slots=True)
class Retyping:
    """A site that makes a mock of the other kind afterwards.

    Without `before`, a line for `target` was put in that the earlier version does not mention; `line` and `end` are
    then those of the mock that it belongs to.
    """

    scope: str
    target: str
    is_forward: bool
    line: int
    end: int
    before: str
    after: str


def sites(source: bytes) -> tuple[Site, ...]:
    """Return the sites in source order. Raises SyntaxError or ValueError where the source is none of this Python."""
    found = _Reader().statements(ast.parse(source).body, "")
    return tuple(sorted(found, key=lambda site: (site.line, site.target)))


def retypings(before: bytes, after: bytes) -> tuple[Retyping, ...]:
    """Return where mocks changed their kind between two versions of a file, in the earlier one's order."""
    old, new = _by_key(sites(before)), _by_key(sites(after))
    kinds = {key: first.kind for key, (first, *_) in old.items()}
    found = [*_changed(old, new), *_inserted(old, new, kinds)]
    return tuple(sorted(found, key=lambda one: (one.line, one.target)))


def _changed(old: dict[tuple[str, str], list[Site]], new: dict[tuple[str, str], list[Site]]) -> Iterator[Retyping]:
    for key, then in old.items():
        now = new.get(key, [])
        if len(then) != len(now) and min(len(then), len(now)) != 1:
            continue  # which of them became which can't be told
        for one, other in zip(then, now, strict=False):
            is_forward, was_async = other.kind is Kind.ASYNC, _is_async(one, old)
            if other.kind in (Kind.SYNC, Kind.ASYNC) and is_forward is not was_async:
                yield Retyping(*key, is_forward, one.line, one.end, one.text, other.text)


def _inserted(
    old: dict[tuple[str, str], list[Site]],
    new: dict[tuple[str, str], list[Site]],
    kinds: dict[tuple[str, str], Kind],
) -> Iterator[Retyping]:
    for (scope, target), now in new.items():
        if (scope, target) in kinds or now[0].kind not in (Kind.SYNC, Kind.ASYNC):
            continue
        parents = [key for key in _parents(scope, target) if key in old and key in new]
        if not parents:
            continue
        parent, is_forward = old[parents[0]][0], now[0].kind is Kind.ASYNC
        if new[parents[0]][0].kind is parent.kind is (Kind.SYNC if is_forward else Kind.ASYNC):
            yield Retyping(scope, target, is_forward, parent.line, parent.end, "", now[0].text)


def _is_async(site: Site, old: dict[tuple[str, str], list[Site]]) -> bool:
    """Whether the site makes an AsyncMock, or configures a child of one."""
    if site.kind is Kind.CONFIGURED:
        return next((old[key][0].kind is Kind.ASYNC for key in _parents(*site.key) if key in old), False)
    return site.kind is Kind.ASYNC


def _parents(scope: str, target: str) -> Iterator[tuple[str, str]]:
    """Yield the mocks that `target` may be a child of, the nearest first."""
    while "." in target and "(" not in target:
        target = target.rpartition(".")[0]
        yield scope, target


def _by_key(found: Iterable[Site]) -> dict[tuple[str, str], list[Site]]:
    """Return the sites by what they stand for; what only configures a mock made before is no site of its own."""
    ordered = sorted(found, key=lambda site: (site.key, site.line))
    kept: dict[tuple[str, str], list[Site]] = {}
    for key, group in groupby(ordered, key=lambda site: site.key):
        made: list[Site] = []
        for site in group:
            if site.kind is not Kind.CONFIGURED or not made:
                made.append(site)
        kept[key] = made
    return kept


class _Reader:
    """Walks with what it knows of the surroundings: the scope, and the target that the next expression becomes."""

    def statements(self, body: Iterable[ast.stmt], scope: str) -> Iterator[Site]:
        for statement in body:
            yield from self._statement(statement, scope)

    def _statement(self, node: ast.stmt, scope: str) -> Iterator[Site]:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            inner = f"{scope}.{node.name}".lstrip(".")
            for decorator in node.decorator_list:
                yield from self.expression(decorator, inner, "@")
            yield from self.statements(node.body, inner)
        elif isinstance(node, ast.Assign):
            yield from self._assignment(node, node.targets[0], node.value, scope)
        elif isinstance(node, ast.AnnAssign) and node.value:
            yield from self._assignment(node, node.target, node.value, scope)
        elif isinstance(node, ast.Return) and node.value:
            yield from self.expression(node.value, scope, "return")
        else:
            for child in ast.iter_child_nodes(node):
                yield from self._inside(child, scope)

    def _inside(self, node: ast.AST, scope: str) -> Iterator[Site]:
        if isinstance(node, ast.stmt):
            yield from self._statement(node, scope)
        elif isinstance(node, ast.expr):
            yield from self.expression(node, scope, "")
        else:  # an item of a with statement, a handler, a case
            for child in ast.iter_child_nodes(node):
                yield from self._inside(child, scope)

    def _assignment(self, node: ast.stmt, target: ast.expr, value: ast.expr, scope: str) -> Iterator[Site]:
        if isinstance(target, ast.Attribute) and target.attr in _CONFIGURES:
            yield _site(node, scope, ast.unparse(target.value), Kind.CONFIGURED)
        yield from self.expression(value, scope, ast.unparse(target))

    def expression(self, node: ast.expr, scope: str, target: str) -> Iterator[Site]:
        kind = _kind(node)
        if kind:
            yield _site(node, scope, target, kind)
        if isinstance(node, ast.Call):
            yield from self._call(node, scope, target)
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                yield from self.expression(value, scope, f"{target}[{ast.unparse(key) if key else '**'}]")
        elif isinstance(node, (ast.List, ast.Tuple, ast.Set)):
            for index, value in enumerate(node.elts):
                yield from self.expression(value, scope, f"{target}[{index}]")
        elif not isinstance(node, (ast.Name, ast.Attribute)) or not kind:
            for child in ast.iter_child_nodes(node):
                if isinstance(child, (ast.expr, ast.keyword, ast.comprehension)):
                    yield from self._inside(child, scope)

    def _call(self, node: ast.Call, scope: str, target: str) -> Iterator[Site]:
        patched, replacement = _patched(node)
        if not patched and not _kind(node):
            yield from self._inside(node.func, scope)
        for index, value in enumerate(node.args):
            inner = patched if index == replacement else f"{target}/{_last(node.func)}({index})"
            yield from self.expression(value, scope, inner)
            if patched and index == replacement and isinstance(value, ast.Lambda):
                yield _site(value, scope, patched, Kind.LAMBDA)
        for keyword in node.keywords:
            yield from self._keyword(node, keyword, scope, patched, target)

    def _keyword(self, node: ast.Call, keyword: ast.keyword, scope: str, patched: str, target: str) -> Iterator[Site]:
        name, value = keyword.arg, keyword.value
        if patched and name in ("new", "new_callable", "value"):
            yield from self.expression(value, scope, patched)
        elif name is None and isinstance(value, ast.Dict):
            for key, item in zip(value.keys, value.values, strict=True):
                yield from self._entry(key, item, scope, target)
        elif _kind(node) and name:
            yield from self.expression(value, scope, f"{target}.{name}")
        else:
            yield from self.expression(value, scope, f"{patched or target}/{_last(node.func)}({name})")

    def _entry(self, key: ast.expr | None, item: ast.expr, scope: str, target: str) -> Iterator[Site]:
        """Read an entry of `**{"m.return_value": …}`, as the statements that it stands for."""
        name = key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else ""
        child, _, last = name.rpartition(".")
        if child and last in _CONFIGURES:
            yield _site(item, scope, f"{target}.{child}", Kind.CONFIGURED)
        yield from self.expression(item, scope, f"{target}.{name}")


def _kind(node: ast.expr) -> Kind | None:
    """Return what a call of a mock class makes, or what a mention of the class would."""
    last = _last(node.func if isinstance(node, ast.Call) else node)
    return Kind.SYNC if last in _SYNC else Kind.ASYNC if last in _ASYNC else None


def _patched(node: ast.Call) -> tuple[str, int]:
    """Return what a call replaces, as text, and at which position it says by what; "" for other calls."""
    last = _last(node.func)
    if last not in _REPLACEMENT or (last == "object" and not ast.unparse(node.func).endswith("patch.object")):
        return "", -1
    count = _REPLACEMENT[last]
    if last == "setattr" and node.args and isinstance(node.args[0], ast.Constant):
        count = 1
    what = ", ".join(ast.unparse(value) for value in node.args[:count])
    return f"patch({what})", count


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _site(node: ast.expr | ast.stmt, scope: str, target: str, kind: Kind) -> Site:
    return Site(scope, target, kind, node.lineno, node.end_lineno or node.lineno, ast.unparse(node))
