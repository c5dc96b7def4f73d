"""Whole lines that come and go, and the blank lines around them: as many as before, or as a formatter wants."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Sequence

from greenmod.engine.tokens import Span
from greenmod.settle.names import without
from greenmod.settle.order import DEFINITIONS, is_docstring
from greenmod.settle.sites import Block, File, last_line, rows

_STAYS_ABOVE = re.compile(r"#!|#.*coding[:=]")


def removals(file: File, block: Block, gone: Collection[ast.stmt], busy: Sequence[Span]) -> Iterator[Span]:
    """Yield the edits that take statements out of a block: out of their lines, or whole lines.

    Between `busy` edits nothing but the lines themselves is taken out.
    """
    ranges: list[tuple[int, int]] = []
    for row in rows(block):
        lost = [index for index, statement in enumerate(row) if statement in gone]
        if len(lost) < len(row):
            yield from without([(file.start(each), file.end(each)) for each in row], lost)
            continue
        lines = row[0].lineno, last_line(row)
        joined = (ranges[-1][0] if ranges else 0), lines[1]
        if ranges and lines[0] - _blanks_above(file, lines[0]) - 1 == ranges[-1][1] and _is_clear(file, joined, busy):
            ranges[-1] = joined
        else:
            ranges.append(lines)
    for lines in ranges:
        is_head = block is not file.tree.body and lines[0] == block[0].lineno
        wider = _with_blanks(file, *lines, is_head)
        first, last = wider if _is_clear(file, wider, busy) else lines
        yield file.starts[first - 1], file.after(last), ""


def _with_blanks(file: File, first: int, last: int, is_head: bool) -> tuple[int, int]:
    """Return which lines go with `first` to `last`, so that the larger distance stays, and none at either end."""
    above, below = _blanks_above(file, first), _blanks_below(file, last)
    if is_head or first - above == 1:
        return first, last + below
    if last + below >= len(file.starts):
        return first - above, last + below
    return first, last + min(above, below)


def _is_clear(file: File, lines: tuple[int, int], busy: Sequence[Span]) -> bool:
    start, end = file.starts[lines[0] - 1], file.after(lines[1])
    return not any(begin < end and start < finish for begin, finish, _ in busy)


def _blanks_below(file: File, line: int) -> int:
    count = 0
    while line + count < len(file.starts) and not file.line(line + count + 1).strip():
        count += 1
    return count


def _blanks_above(file: File, line: int) -> int:
    count = 0
    while line - count > 1 and not file.line(line - count - 1).strip():
        count += 1
    return count


def first_lines(file: File, text: str) -> Span:
    """Return the edit that puts lines at the top of a file without imports: below docstring, licence and shebang."""
    newline = file.source.newline
    below = rows(file.tree.body)
    if below and is_docstring(below[0][0]):
        line, is_apart, below = last_line(below[0]), True, below[1:]
    else:
        line, is_apart = _header(file)
    at = file.after(line) if line else 0
    is_ended = not at or file.text(0, at).endswith(("\r", "\n"))
    wanted = 0 if not below else 2 if isinstance(below[0][0], DEFINITIONS) else 1
    missing = max(0, wanted - _blanks_below(file, line))
    return at, at, newline * (is_apart + (not is_ended)) + text + newline * (1 + missing)


def _header(file: File) -> tuple[int, bool]:
    """Return how many lines of comments stay above everything, and whether they stand apart.

    A comment that touches a statement is about that statement.
    """
    count = 0
    while file.line(count + 1).startswith("#"):
        count += 1
    if not file.line(count + 1).strip():
        return count, count > 0
    heads = [number for number in range(1, min(count, 2) + 1) if _STAYS_ABOVE.match(file.line(number))]
    return max(heads, default=0), False
