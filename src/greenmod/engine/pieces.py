"""From edits of what LibCST was shown to pieces of Changes, in bytes of the file."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from greenmod.api.records import Record
from greenmod.engine.adapter import SkippedAt
from greenmod.engine.file import File
from greenmod.engine.placing import Placed
from greenmod.engine.slices import Slice
from greenmod.engine.tokens import Span
from greenmod.engine.work import Piece, Proposal, Refusal, Work
from greenmod.model import Skip
from greenmod.source import Source


class BeyondSlice(Exception):
    """An edit reaches over text that LibCST was not shown."""


def as_proposal(
    file: File,
    work: Work,
    shown: Slice,
    placed: Sequence[Placed],
    spans: Sequence[Sequence[Span]],
    skipped: Sequence[SkippedAt],
) -> Proposal:
    path = file.source.path
    left = [(file.line(shown.origin(at)), skip) for at, skip in skipped]
    skips = [(Skip(work.codemod, path, line, skip.rule, skip.reason), skip.group) for line, skip in left]
    return Proposal(
        path,
        None,
        tuple(_pieces(file, shown, work, placed, spans)),
        tuple(skip for skip, group in skips if group is None),
        refusals=tuple(Refusal(group, skip) for skip, group in skips if group is not None),
    )


def _pieces(
    file: File, shown: Slice, work: Work, placed: Sequence[Placed], spans: Sequence[Sequence[Span]]
) -> Iterator[Piece]:
    offsets = file.source.byte_offsets(point for span in itertools.chain(*spans) for point in span[:2])
    for part, own in zip(placed, spans, strict=True):
        first: Record = part.records[-1]
        yield Piece(
            codemod=work.spec.name,
            path=file.source.path,
            groups=tuple(dict.fromkeys(record.group for record in part.records if record.group)),
            title="; ".join(dict.fromkeys(record.title for record in part.records)),
            why="; ".join(dict.fromkeys(record.why for record in part.records if record.why)),
            safety=max((record.safety for record in part.records), key=lambda safety: safety == "unsafe"),
            scope=first.scope,
            line=file.line(shown.origin(part.at)),
            spans=tuple((offsets[start], offsets[end], text) for start, end, text in own),
            requires=tuple(dict.fromkeys(need for record in part.records for need in record.requires)),
            imports=tuple(dict.fromkeys(need for record in part.records for need in record.imports)),
        )


def in_file(source: Source, shown: Slice, span: Span, part: Placed) -> Span:
    """Move an edit from the text that LibCST saw to the file's text, and check that it hits what it meant."""
    start, end, text = span
    if start == end:
        begin = stop = _insertion_point(source, shown, start, part)
    else:
        begin, stop = shown.origin(start), shown.origin(end - 1) + 1
    meant, found = shown.text[start:end], source.text[begin:stop]
    if meant != found.replace("\r", "\n") and meant != found:
        raise BeyondSlice
    text = source.with_newlines(text)
    source.encode(text)
    return begin, stop, text


def _insertion_point(source: Source, shown: Slice, at: int, part: Placed) -> int:
    """Return where to insert in the file: where something was left out at `at`, before or behind it, as is meant."""
    behind = shown.origin(at)
    before = shown.origin(at - 1) + 1 if at else behind
    if not source.text[before:behind].strip(" \t\f"):
        return behind
    if len(part.records) > 1 or at not in (part.start, part.end):
        raise BeyondSlice
    return behind if at == part.start else before
