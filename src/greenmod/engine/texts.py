"""A codemod's new text for a file → edits of the lines that differ, in bytes of what the file is.

Line ends, byte order mark and encoding stay the file's own. Pure.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import replace

from greenmod.engine.lines import opcodes
from greenmod.engine.problems import syntax_error
from greenmod.engine.tokens import Span, apply_spans
from greenmod.engine.work import Piece, TextWork
from greenmod.errors import CodemodError
from greenmod.facts import survey as surveying
from greenmod.source import Source, line_starts, plain_newlines


def text_piece(source: Source, work: TextWork) -> Piece | None:
    """Return what makes a file's text that of a TextChange; None where it is so already.

    A file that is not there is an empty `source`. Raises FileError, CodemodError.
    """
    change = work.change
    spans = list(_line_edits(source, plain_newlines(change.text)))
    if not spans:
        return None
    if change.path.endswith(".py"):
        _check(source, apply_spans(source.text, spans))
    offsets = source.byte_offsets(point for span in spans for point in span[:2])
    for _, _, text in spans:
        source.encode(text)
    return Piece(
        codemod=work.codemod,
        path=change.path,
        groups=(change.group,),
        title=change.title,
        why=change.why,
        safety=work.safety,
        scope="",
        line=change.line or bisect_right(line_starts(source.text), spans[0][0]),
        spans=tuple((offsets[start], offsets[end], text) for start, end, text in spans),
        requires=change.requires,
        imports=change.imports,
        serves=change.serves,
    )


def _line_edits(source: Source, text: str) -> Iterator[Span]:
    """Yield the edits, in characters, that make whole lines of the file those of `text`."""
    starts = [*line_starts(source.text), len(source.text)]
    old, new = _lines(plain_newlines(source.text)), _lines(text)
    for tag, i, j, k, m in opcodes(old, new):
        if tag == "insert":
            i, j, k, m = _as_early_as_possible(old, new, i, k, m)
        if tag != "equal":
            before, after = "".join(old[i:j]), "".join(new[k:m])
            start = starts[i]
            if after.startswith(before):  # below a last line that was not ended
                start, after = starts[j], after[len(before) :]
            yield start, starts[j], source.with_newlines(after)


def _as_early_as_possible(old: list[str], new: list[str], at: int, start: int, end: int) -> tuple[int, int, int, int]:
    """Move inserted lines above lines that are like their last ones: blank lines stay with what is below them."""
    while at and start and old[at - 1] == new[start - 1] == new[end - 1]:
        at, start, end = at - 1, start - 1, end - 1
    return at, at, start, end


def _lines(text: str) -> list[str]:
    *ended, last = text.split("\n")
    return [*(f"{line}\n" for line in ended), *([last] if last else [])]


def _check(source: Source, text: str) -> None:
    """Parse a Python file before and after: one that is broken already is not the codemod's fault."""
    try:
        surveying.parse(source)
    except SyntaxError as error:
        raise syntax_error(source.path, error) from error
    try:
        surveying.parse(replace(source, text=text))
    except SyntaxError as error:
        raise CodemodError(f"its text for {source.path} is not valid Python: {error.msg}") from error
