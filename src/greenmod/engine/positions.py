"""Where the nodes that LibCST was shown stand in their file, counted as `ast` counts."""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property

import libcst as cst

from greenmod.engine.slices import Slice
from greenmod.engine.written import Written
from greenmod.source import line_starts


class Positions:
    """Answers for one tree: `(line, column)` of a node's first token, lines from 1, columns in UTF-8 bytes."""

    def __init__(self, text: str, shown: Slice, written: Written) -> None:
        self._text = text
        self._shown = shown
        self._written = written

    def __call__(self, node: cst.CSTNode) -> tuple[int, int]:
        """Return where `node` stands in the file. Raises CodemodError for a node that is not in the tree."""
        offset = self._shown.origin(self._written.span(node, "`position`").first)
        line = bisect_right(self._starts, offset)
        before = self._text[self._starts[line - 1] : offset]
        return line, len(before) if before.isascii() else len(before.encode())

    @cached_property
    def _starts(self) -> list[int]:
        return line_starts(self._text)
