"""From the nodes that a codemod replaced to edits of the text it was shown.

Nothing is rendered anew but the replaced nodes. Each change is compared, token by token, with the text as the
changes inside it left it, so that nested changes stay apart and can be taken or left alone. Together they must
give exactly the tree that the codemod returned; where they don't, they become one change.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import libcst as cst
from libcst._nodes.internal import CodegenState

from greenmod.api import Record
from greenmod.engine.tokens import Span, apply_spans, token_edits
from greenmod.errors import CodemodError

_LAST_LINE_END = re.compile(r"(?:\r\n|\r|\n)\Z")


class NotReproduced(Exception):
    """LibCST's own code for an unchanged tree is not the text that it parsed."""


@dataclass(slots=True)
class _Span:
    """Where a node was written: with its white space `[start, end)`, and where its first own token stands."""

    start: int
    indent: tuple[str, ...]
    end: int = 0
    first: int | None = None


class _Measuring(CodegenState):
    """Writes a tree and notes where the wanted nodes land."""

    def __init__(self, module: cst.Module, wanted: Iterable[cst.CSTNode]) -> None:
        super().__init__(module.default_indent, module.default_newline)
        self.wanted = {id(node) for node in wanted}
        self.spans: dict[int, _Span] = {}
        self.size = 0

    def add_token(self, value: str) -> None:
        self.tokens.append(value)
        self.size += len(value)

    def add_indent_tokens(self) -> None:
        for token in self.indent_tokens:
            self.add_token(token)

    def before_codegen(self, node: cst.CSTNode) -> None:
        if id(node) in self.wanted:
            self.spans[id(node)] = _Span(self.size, tuple(self.indent_tokens))

    def after_codegen(self, node: cst.CSTNode) -> None:
        if id(node) in self.wanted:
            self.spans[id(node)].end = self.size

    @contextmanager
    def record_syntactic_position(
        self, node: cst.CSTNode, *, start_node: cst.CSTNode | None = None, end_node: cst.CSTNode | None = None
    ) -> Iterator[None]:
        if id(node) in self.wanted and self.spans[id(node)].first is None:
            self.spans[id(node)].first = self.size
        yield


@dataclass(slots=True)
class Placed:
    """Records that became one piece of text edits; `at` is the offset to show it at."""

    records: list[Record]
    spans: list[Span]
    start: int
    end: int
    at: int


@dataclass(slots=True)
class Places:
    """Everything a codemod did to one text."""

    placed: list[Placed] = field(default_factory=list)
    skips: dict[int, int] = field(default_factory=dict)


def place(
    module: cst.Module, result: cst.Module, text: str, records: Sequence[Record], skipped: Sequence[cst.CSTNode]
) -> Places:
    """Return the records as edits of `text`, and where the skipped nodes stand (offset by node id).

    Raises NotReproduced where LibCST does not give `text` back from the tree it made of it.
    """
    if not records and not skipped:
        return Places()
    spans = _measure(module, text, (*(record.original for record in records), *skipped))
    places = Places(skips={id(node): _first(spans[id(node)]) for node in skipped})
    for record in records:
        _add(places.placed, module, text, record, spans[id(record.original)])
    places.placed.sort(key=lambda placed: placed.spans[0] if placed.spans else (placed.at, placed.at, ""))
    places.placed = [placed for placed in places.placed if placed.spans]
    together = sorted(span for placed in places.placed for span in placed.spans)
    if _overlap(together) or not (all(map(_is_free, records)) or apply_spans(text, together) == result.code):
        places.placed = [_as_one(text, result.code, places.placed)]
    return places


def _is_free(record: Record) -> bool:
    """Tell whether the replacement is written the same wherever it stands: the parents of expressions add nothing."""
    return isinstance(record.original, cst.BaseExpression) and isinstance(record.new, cst.BaseExpression)


def _measure(module: cst.Module, text: str, nodes: Sequence[cst.CSTNode]) -> dict[int, _Span]:
    state = _Measuring(module, nodes)
    module._codegen(state)
    _check_reproduced("".join(state.tokens), text)
    for node in nodes:
        if id(node) not in state.spans:
            raise CodemodError(
                f"`change` or `skip` was given a {type(node).__name__} that is not in the file",
                "Pass the *original* node that `leave_*` or `visit_*` received, not the updated one.",
            )
    return state.spans


def _check_reproduced(code: str, text: str) -> None:
    if code != text:
        raise NotReproduced


def _first(span: _Span) -> int:
    return span.start if span.first is None else span.first


def _add(placed: list[Placed], module: cst.Module, text: str, record: Record, span: _Span) -> None:
    """Place one record, and join it with those inside it that it can't be told apart from."""
    inside = [other for other in placed if span.start <= other.start and other.end <= span.end]
    new = _render(module, record.new, span.indent)
    if span.end > len(text):  # LibCST ends the last line with a line end, and takes it back where there is none
        new = _LAST_LINE_END.sub("", new)
    own = _own_edits(text[span.start : span.end], new, span.start, inside)
    if own is None:
        for other in inside:
            placed.remove(other)
        records = [*(r for other in inside for r in other.records), record]
        own = [(s + span.start, e + span.start, t) for s, e, t in token_edits(text[span.start : span.end], new)]
    else:
        records = [record]
    placed.append(Placed(records, own, span.start, span.end, _first(span)))


def _render(module: cst.Module, new: object, indent: Sequence[str]) -> str:
    if isinstance(new, cst.RemovalSentinel):
        return ""
    state = CodegenState(module.default_indent, module.default_newline)
    state.indent_tokens.extend(indent)
    for node in new if isinstance(new, cst.FlattenSentinel) else (new,):
        if isinstance(node, cst.CSTNode):
            node._codegen(state)
    return "".join(state.tokens)


def _own_edits(old: str, new: str, base: int, inside: Sequence[Placed]) -> list[Span] | None:
    """Return what `new` changes beyond the changes inside it, in the text's offsets; None where they touch."""
    nested = sorted((s - base, e - base, t) for other in inside for s, e, t in other.spans)
    edits = token_edits(apply_spans(old, nested), new)
    if not nested:
        return [(start + base, end + base, text) for start, end, text in edits]
    own: list[Span] = []
    for start, end, text in edits:
        moved = _before_nested(start, end, nested)
        if moved is None:
            return None
        own.append((moved[0] + base, moved[1] + base, text))
    return own


def _before_nested(start: int, end: int, nested: Sequence[Span]) -> tuple[int, int] | None:
    """Map `[start, end)` of the text with `nested` applied to the text without; None where it touches one of them."""
    shift = 0
    for old_start, old_end, text in nested:
        at, stop = old_start + shift, old_start + shift + len(text)
        if end < at or (end == at and old_start != old_end):
            break
        if not (start > stop or (start == stop and old_start != old_end)):
            return None
        shift += len(text) - (old_end - old_start)
    return start - shift, end - shift


def _overlap(spans: Sequence[Span]) -> bool:
    return any(
        later[0] < earlier[1] or (later[0] == earlier[0] and later[1] == earlier[1])
        for earlier, later in itertools.pairwise(spans)
    )


def _as_one(text: str, result: str, placed: Sequence[Placed]) -> Placed:
    """Take the returned tree as it is, as one change: the records could not be told apart."""
    start, end = min(p.start for p in placed), max(p.end for p in placed)
    records = [record for p in placed for record in p.records]
    return Placed(records, token_edits(text, result), start, end, min(p.at for p in placed))
