"""The texts of rows as trees again, and the little that is asked of them."""

from __future__ import annotations

import ast
import warnings
from functools import lru_cache

from greenmod.api import dotted


@lru_cache(maxsize=20_000)
def parsed(text: str) -> ast.expr | None:
    """Parse an expression as it was cut out of a file; None where the text is none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(f"({text}\n)", mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None


def literal(text: str | None) -> object:
    """Return the value of a literal; `...` where it is none."""
    node = parsed(text) if text else None
    return node.value if isinstance(node, ast.Constant) else ...


def string(text: str | None) -> str:
    """Return a string literal; empty for everything else."""
    found = literal(text)
    return found if isinstance(found, str) else ""


def words(text: str | None) -> tuple[str, ...]:
    """Return the strings of a literal list, tuple or set."""
    node = parsed(text) if text else None
    found = node.elts if isinstance(node, ast.List | ast.Tuple | ast.Set) else []
    return tuple(each.value for each in found if isinstance(each, ast.Constant) and isinstance(each.value, str))


def name(text: str) -> str:
    """Return a chain of names, brackets behind it left out; empty for everything else."""
    node = parsed(text)
    if isinstance(node, ast.Subscript):
        node = node.value
    return dotted(node) if node is not None else ""


def calls(text: str, last: str) -> tuple[ast.Call, ...]:
    """Return the calls of something whose last name is `last`, anywhere in an expression."""
    if last not in text or (node := parsed(text)) is None:
        return ()
    return tuple(
        each for each in ast.walk(node) if isinstance(each, ast.Call) and dotted(each.func).rpartition(".")[2] == last
    )
