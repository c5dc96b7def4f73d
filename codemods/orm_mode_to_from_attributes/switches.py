"""Statements that choose between the versions of Pydantic: what stands in one is meant for one version only."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator


def switched_lines(tree: ast.Module, old: str, new: str) -> frozenset[int]:
    """Return the lines inside such statements. Branches of which one says `old` and another `new` are a switch, too."""
    return frozenset(
        line
        for node in ast.walk(tree)
        for inside in _switched(node, old, new)
        for line in range(inside.lineno, (inside.end_lineno or inside.lineno) + 1)
    )


def _switched(node: ast.AST, old: str, new: str) -> Iterator[ast.stmt | ast.ExceptHandler]:
    """Yield the statements, or handlers of exceptions, that are reached in one version only."""
    if isinstance(node, ast.If):
        if _asks_for_version(node.test) or _is_split([node.body, node.orelse], old, new):
            yield node
    elif isinstance(node, ast.Try):
        if _is_split([node.body, node.orelse, *([handler] for handler in node.handlers)], old, new):
            yield node
        elif any(_imports_pydantic(statement) for statement in node.body):
            yield from node.handlers


def _asks_for_version(test: ast.expr) -> bool:
    words = {word.lower() for word in _words([test])}
    return any("pydantic" in word or "version" in word for word in words)


def _is_split(branches: Iterable[Iterable[ast.AST]], old: str, new: str) -> bool:
    words = [set(_words(branch)) for branch in branches]
    return any(old in one and new in other for one in words for other in words if one is not other)


def _words(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in (inner for outer in nodes for inner in ast.walk(outer)):
        for field in ("id", "attr", "arg", "value"):
            word = getattr(node, field, None)
            if isinstance(word, str):
                yield word


def _imports_pydantic(statement: ast.stmt) -> bool:
    return any(
        isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "pydantic"
        for node in ast.walk(statement)
    )
