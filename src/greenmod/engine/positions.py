"""Where the nodes that LibCST was shown stand in their file, counted as `ast` counts.

One pass over the tree, made when a codemod first asks, answers for all of its nodes.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property

import libcst as cst
from libcst._nodes.internal import CodegenState

from greenmod.engine.slices import Slice
from greenmod.errors import CodemodError
from greenmod.source import line_starts


class Positions:
    """Answers for one tree: `(line, column)` of a node's first token, lines from 1, columns in UTF-8 bytes."""

    def __init__(self, text: str, shown: Slice, module: cst.Module) -> None:
        self._text = text
        self._shown = shown
        self._module = module

    def __call__(self, node: cst.CSTNode) -> tuple[int, int]:
        """Return where `node` stands in the file. Raises CodemodError for a node that is not in the tree."""
        if id(node) not in self._offsets:
            raise CodemodError(
                f"`position` was given a {type(node).__name__} that is not in the file",
                "Pass the *original* node that `leave_*` or `visit_*` received, not the updated one.",
            )
        offset = self._shown.origin(self._offsets[id(node)])
        line = bisect_right(self._starts, offset)
        return line, len(self._text[self._starts[line - 1] : offset].encode())

    @cached_property
    def _offsets(self) -> dict[int, int]:
        state = _Locating(self._module.default_indent, self._module.default_newline)
        self._module._codegen(state)
        return state.offsets

    @cached_property
    def _starts(self) -> list[int]:
        return line_starts(self._text)


class _Locating(CodegenState):
    """Writes a tree and notes where each node's first own token lands."""

    def __init__(self, default_indent: str, default_newline: str) -> None:
        super().__init__(default_indent, default_newline)
        self.offsets: dict[int, int] = {}
        self._size = 0

    def add_token(self, value: str) -> None:
        self._size += len(value)

    def add_indent_tokens(self) -> None:
        self._size += sum(map(len, self.indent_tokens))

    def before_codegen(self, node: cst.CSTNode) -> None:
        self.offsets[id(node)] = self._size

    @contextmanager
    def record_syntactic_position(
        self, node: cst.CSTNode, *, start_node: cst.CSTNode | None = None, end_node: cst.CSTNode | None = None
    ) -> Iterator[None]:
        self.offsets[id(node)] = self._size
        yield
