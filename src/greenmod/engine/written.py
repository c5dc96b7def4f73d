"""A tree as LibCST writes it, and where each of its nodes stands in that text.

One pass answers for all nodes, whoever asks first. LibCST's own way to do it (its position providers) takes several.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from typing import NamedTuple

import libcst as cst
from libcst._nodes.internal import CodegenState

from greenmod.errors import CodemodError

_NOTHING: AbstractContextManager[None] = nullcontext()


class NotReproduced(Exception):
    """LibCST's own code for an unchanged tree is not the text that it parsed."""


class Span(NamedTuple):
    """Where a node was written: with its white space `[start, end)`, in which indentation, and its first own token."""

    start: int
    end: int
    first: int
    indent: tuple[str, ...]


class Written:
    """Answers for one tree; raises NotReproduced where LibCST does not write `text` for it."""

    def __init__(self, module: cst.Module, text: str) -> None:
        self.text = text
        self._module = module

    def span(self, node: cst.CSTNode, given_to: str = "`change` or `skip`") -> Span:
        """Return where a node stands. Raises CodemodError for one that is not in the tree."""
        key, notes = id(node), self._notes
        if key not in notes.ends:
            raise CodemodError(
                f"{given_to} was given a {type(node).__name__} that is not in the file",
                "Pass the *original* node that `leave_*` or `visit_*` received, not the updated one.",
            )
        start, indent = notes.starts[key]
        return Span(start, notes.ends[key], notes.firsts.get(key, start), indent)

    def write(self, nodes: Iterable[cst.CSTNode], indent: Iterable[str]) -> str:
        """Return what LibCST writes for nodes that come to stand in such an indentation."""
        state = _Writing(self._module.default_indent, self._module.default_newline)
        state.indent_tokens.extend(indent)
        for node in nodes:
            node._codegen(state)
        return "".join(state.tokens)

    @cached_property
    def _notes(self) -> _Noting:
        notes = _Noting(self._module.default_indent, self._module.default_newline)
        self._module._codegen(notes)
        if "".join(notes.tokens) != self.text:
            raise NotReproduced
        return notes


class _Writing(CodegenState):
    """Writes nodes. What LibCST would note of them on the way costs a fifth of it."""

    def record_syntactic_position(  # type: ignore[override]  # LibCST names its own way to do nothing
        self, node: cst.CSTNode, *, start_node: cst.CSTNode | None = None, end_node: cst.CSTNode | None = None
    ) -> AbstractContextManager[None]:
        return _NOTHING


class _Noting(_Writing):
    """Writes a tree and notes where its nodes land."""

    def __init__(self, default_indent: str, default_newline: str) -> None:
        super().__init__(default_indent, default_newline)
        self.starts: dict[int, tuple[int, tuple[str, ...]]] = {}
        self.firsts: dict[int, int] = {}
        self.ends: dict[int, int] = {}
        self._size = 0
        self._indent: tuple[str, ...] = ()

    def add_token(self, value: str) -> None:
        self.tokens.append(value)
        self._size += len(value)

    def add_indent_tokens(self) -> None:
        for token in self._indent:
            self.add_token(token)

    def increase_indent(self, value: str) -> None:
        self._indent = (*self._indent, value)

    def decrease_indent(self) -> None:
        self._indent = self._indent[:-1]

    def before_codegen(self, node: cst.CSTNode) -> None:
        self.starts[id(node)] = self._size, self._indent

    def after_codegen(self, node: cst.CSTNode) -> None:
        self.ends[id(node)] = self._size

    def record_syntactic_position(  # type: ignore[override]  # LibCST names its own way to do nothing
        self, node: cst.CSTNode, *, start_node: cst.CSTNode | None = None, end_node: cst.CSTNode | None = None
    ) -> AbstractContextManager[None]:
        self.firsts.setdefault(id(node), self._size)
        return _NOTHING
