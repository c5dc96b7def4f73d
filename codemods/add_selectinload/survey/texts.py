"""Expressions as the text that stands in the file: cutting is many times cheaper than writing a tree anew."""

from __future__ import annotations

import ast
import re

from greenmod.api import dotted

from .rows import Value

_LINE_END = re.compile(r"\r\n|\r|\n")
_LONGEST = 4000  # what is longer is data, and says nothing of models


class Texts:
    """The text of one file, by node. `ast` counts columns in UTF-8 bytes."""

    def __init__(self, text: str) -> None:
        self._lines = _LINE_END.split(text) if "\r" in text else text.split("\n")

    def of(self, node: ast.expr | None) -> str:
        """Return an expression as it is written; empty where there is none, and where it is very long.

        It may hold line ends and comments: parentheses around it, the closing one on a line of its own, make it one
        expression again.
        """
        if node is None or node.end_lineno is None or node.end_col_offset is None:
            return ""
        if node.lineno == node.end_lineno:
            return self._cut(node.lineno, node.col_offset, node.end_col_offset)
        first = self._cut(node.lineno, node.col_offset, None)
        last = self._cut(node.end_lineno, 0, node.end_col_offset)
        found = "\n".join([first, *self._lines[node.lineno : node.end_lineno - 1], last])
        return found if len(found) <= _LONGEST else ""

    def _cut(self, number: int, start: int, end: int | None) -> str:
        line = self._lines[number - 1]
        return line[start:end] if line.isascii() else line.encode()[start:end].decode()

    def value(self, node: ast.expr) -> Value:
        """Return a value with the parts of its call; `await` and parentheses are looked through."""
        if isinstance(node, ast.Await):
            return self.value(node.value)
        if not isinstance(node, ast.Call) or not (callee := dotted(node.func)):
            return Value(text=self.of(node))
        return Value(
            callee,
            tuple(map(self.of, node.args)),
            tuple((each.arg or "**", self.of(each.value)) for each in node.keywords),
        )
