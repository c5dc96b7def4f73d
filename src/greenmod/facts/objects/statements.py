"""Questions about one statement that need its expressions."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

YIELDS = (ast.Yield, ast.YieldFrom)
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_LEAVES = frozenset({ast.Name, ast.Constant, ast.Load, ast.Store, ast.Pass, ast.Import, ast.ImportFrom, *_SCOPES})


def asked_about(test: ast.expr) -> Sequence[ast.expr]:
    """Return the names and attributes that a simple condition is about."""
    if isinstance(test, ast.UnaryOp):
        return asked_about(test.operand)
    if isinstance(test, ast.Compare):
        return asked_about(test.left)
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        return [each for value in test.values for each in asked_about(value)]
    if isinstance(test, ast.Subscript):
        return asked_about(test.value)
    return (test,)


def has_yield(body: list[ast.stmt]) -> bool:
    """Tell whether a function yields of its own, in whatever expression."""
    waiting: list[Any] = [*body]
    while waiting:
        node = waiting.pop()
        kind = node.__class__
        if kind in _LEAVES or not isinstance(node, ast.AST):
            continue
        if kind in YIELDS:
            return True
        for field in node._fields:
            value = getattr(node, field, None)
            if value.__class__ is list:
                waiting += value
            elif value is not None:
                waiting.append(value)
    return False
