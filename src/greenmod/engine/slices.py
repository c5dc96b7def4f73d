"""Which text of a file LibCST gets to see, and the way back to the file.

LibCST costs eleven times `ast`, so a codemod that named its sites is shown the top-level statements that hold them
and nothing else; one that is `statement_local` sees only the innermost ones, below the headers around. What LibCST is
known not to give back byte for byte is hidden from it: lone carriage returns (shown as line feeds) and form feeds in
the indentation of code (left out).
"""

from __future__ import annotations

import ast
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from greenmod.facts.survey import first_line
from greenmod.source import line_starts

LineRange = tuple[int, int]  # first and last, 1-based

_DEFINITIONS = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
_BLOCKS = _DEFINITIONS | ast.With | ast.AsyncWith

_LONE_CR = re.compile(r"\r(?!\n)")
# Python begins to count columns anew after a form feed, so that the blanks before it are none of the indentation.
_FORM_FEED = re.compile(r"(?:^|(?<=\r))[ \t\f]*\f(?=[ \t]*[^\s#])", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Slice:
    """Text for LibCST. `starts[i]` of it is `origins[i]` of the file, and so on up to the next start.

    `is_part`: what stands above its first statement is not the file's head.
    `has_cut_blocks`: blocks in it may lack statements.
    """

    text: str
    starts: tuple[int, ...]
    origins: tuple[int, ...]
    is_part: bool = False
    has_cut_blocks: bool = False

    def origin(self, offset: int) -> int:
        """Map an offset in `text` to the file's text."""
        at = bisect_right(self.starts, offset) - 1
        return self.origins[at] + offset - self.starts[at]


def whole(text: str) -> Slice:
    """Show LibCST the whole file."""
    return _joined(text, [(0, len(text))])


def statements(text: str, ranges: Sequence[LineRange], lines: Iterable[int]) -> Slice:
    """Show LibCST the top-level statements that hold `lines`, each with the comments above it.

    `ranges` are the lines of all top-level statements; a line behind the last of them shows nothing.
    """
    blocks = _blocks(ranges)
    return _shown(text, [blocks[index][0] for index in sorted(_holding(blocks, lines))])


def innermost(text: str, tree: ast.Module, lines: Iterable[int], sparse: bool = False) -> Slice:
    """Show LibCST the innermost statements that hold `lines`, below the headers of the classes and functions around.

    Of each block it sees one more statement, which keeps it a block whatever becomes of the others. Where it may be
    `sparse`, it sees that only in blocks that hold none of the lines, and `with` statements are opened as well.
    """
    shown = _shown(text, list(_innermost(tree.body, 0, sorted(set(lines)), sparse)))
    return replace(shown, has_cut_blocks=True)


def _innermost(body: Sequence[ast.stmt], above: int, lines: Sequence[int], sparse: bool) -> Iterator[LineRange]:
    """Yield the lines to show of a block, in order; `above` is the last line before it."""
    blocks = _blocks([(first_line(stmt), stmt.end_lineno or stmt.lineno) for stmt in body], above)
    held = _holding(blocks, lines)
    others = [] if not above or (sparse and held) else [index for index in range(len(blocks)) if index not in held]
    kept = min(others, key=lambda index: _length(blocks[index][0]), default=None)
    for index in sorted({*held, *([] if kept is None else [kept])}):
        (start, end), members = blocks[index]
        inner = _body(body[members[0]], sparse) if index in held and len(members) == 1 else []
        header = first_line(inner[0]) - 1 if inner else 0
        if header < start:
            yield start, end
        else:
            yield start, header
            yield from _innermost(inner, header, [line for line in held[index] if line > header], sparse)


def _body(statement: ast.stmt, sparse: bool) -> list[ast.stmt]:
    """Return the statements below a header that is opened; none for `class A: pass`, on one line."""
    if not isinstance(statement, _BLOCKS if sparse else _DEFINITIONS):
        return []
    return statement.body if first_line(statement.body[0]) > statement.lineno else []


def _length(lines: LineRange) -> int:
    return lines[1] - lines[0]


def _blocks(ranges: Sequence[LineRange], above: int = 0) -> list[tuple[LineRange, list[int]]]:
    """Put statements that share a line (`a = 1; b = 2`) together, and the lines above each with it."""
    blocks: list[tuple[LineRange, list[int]]] = []
    for index, (start, end) in enumerate(ranges):
        if blocks and start <= blocks[-1][0][1]:
            (first, last), members = blocks[-1]
            blocks[-1] = (first, max(last, end)), [*members, index]
        else:
            blocks.append(((above + 1, end), [index]))
        above = blocks[-1][0][1]
    return blocks


def _holding(blocks: Sequence[tuple[LineRange, list[int]]], lines: Iterable[int]) -> dict[int, list[int]]:
    """Return which blocks hold which lines."""
    firsts = [first for (first, _), _ in blocks]
    held: dict[int, list[int]] = {}
    for line in lines:
        index = bisect_right(firsts, line) - 1
        if index >= 0 and line <= blocks[index][0][1]:
            held.setdefault(index, []).append(line)
    return held


def _shown(text: str, ranges: Sequence[LineRange]) -> Slice:
    starts = [*line_starts(text), len(text)]
    last = len(starts) - 1
    pieces: list[tuple[int, int]] = []
    for first, end in ranges:
        begin, stop = starts[first - 1], starts[min(end, last)]
        if pieces and pieces[-1][1] == begin:
            pieces[-1] = (pieces[-1][0], stop)
        elif stop > begin:
            pieces.append((begin, stop))
    return replace(_joined(text, pieces), is_part=True)


def _joined(text: str, pieces: Sequence[tuple[int, int]]) -> Slice:
    """Join pieces of the file, leaving out what LibCST would lose."""
    parts: list[str] = []
    starts: list[int] = []
    origins: list[int] = []
    size = 0
    for begin, end in pieces:
        for start, stop in _without_form_feeds(text, begin, end):
            part = _LONE_CR.sub("\n", text[start:stop]) if "\r" in text else text[start:stop]
            starts.append(size)
            origins.append(start)
            parts.append(part)
            size += len(part)
    return Slice("".join(parts), tuple(starts) or (0,), tuple(origins) or (0,))


def _without_form_feeds(text: str, begin: int, end: int) -> Iterable[tuple[int, int]]:
    if "\f" in text:
        for match in _FORM_FEED.finditer(text, begin, end):
            yield begin, match.start()
            begin = match.end()
    yield begin, end
