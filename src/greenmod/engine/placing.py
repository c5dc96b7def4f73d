"""From the nodes that a codemod replaced to edits of the text it was shown.

Nothing is rendered anew but the replaced nodes. Each change is compared, token by token, with the text as the
changes inside it left it, so that nested changes stay apart and can be taken or left alone. Together they must
give exactly the tree that the codemod returned; where they don't, they become one change.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

import libcst as cst

from greenmod.api.records import Record
from greenmod.engine.tokens import Span, apply_spans, token_edits
from greenmod.engine.written import Written

_LAST_LINE_END = re.compile(r"(?:\r\n|\r|\n)\Z")


@dataclass(slots=True)
class Placed:
    """Records that became one piece of text edits; `at` is the offset to show it at."""

    records: list[Record]
    spans: list[Span]
    start: int
    end: int
    at: int


def place(written: Written, result: cst.Module, records: Sequence[Record]) -> list[Placed]:
    """Return the records as edits of the text that was written.

    Raises NotReproduced where LibCST does not give the text back from the tree it made of it.
    """
    placed: list[Placed] = []
    for record in records:
        _add(placed, written, record)
    placed = [each for each in sorted(placed, key=_order) if each.spans]
    together = sorted(span for each in placed for span in each.spans)
    is_free = all(_is_free(written, record) for record in records)
    if _overlap(together) or not (is_free or apply_spans(written.text, together) == result.code):
        return [_as_one(written.text, result.code, placed)]
    return placed


def _order(placed: Placed) -> Span:
    return placed.spans[0] if placed.spans else (placed.at, placed.at, "")


def _is_free(written: Written, record: Record) -> bool:
    """Tell whether the replacement is written the same wherever it stands: what is around it adds nothing."""
    original, new = record.original, _nodes(record.new)
    if isinstance(original, cst.BaseExpression):
        return isinstance(record.new, cst.BaseExpression)
    is_last = written.span(original).end > len(written.text)  # and loses its line end
    return bool(new) and not is_last and all(map(_is_whole, (original, *new)))


def _is_whole(node: cst.CSTNode) -> bool:
    """Tell whether a node is a statement that blocks write as it is: no `elif`, nothing that they drop as empty."""
    is_empty = isinstance(node, cst.SimpleStatementLine) and not node.body
    return isinstance(node, cst.BaseStatement) and not isinstance(node, cst.If) and not is_empty


def _add(placed: list[Placed], written: Written, record: Record) -> None:
    """Place one record, and join it with those inside it that it can't be told apart from."""
    text, span = written.text, written.span(record.original)
    inside = [other for other in placed if span.start <= other.start and other.end <= span.end]
    new = written.write(_nodes(record.new), span.indent)
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
    placed.append(Placed(records, own, span.start, span.end, span.first))


def _nodes(new: object) -> list[cst.CSTNode]:
    """Return the nodes that a replacement consists of."""
    found = new if isinstance(new, cst.FlattenSentinel) else (new,)
    return [node for node in found if isinstance(node, cst.CSTNode)]


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
