"""Which text of a file LibCST gets to see, and the way back to the file.

LibCST costs eleven times `ast`, so a codemod that named its sites is shown the top-level statements that hold
them and nothing else. What LibCST is known not to give back byte for byte is hidden from it: lone carriage
returns (shown as line feeds) and form feeds in the indentation of code (left out).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from greenmod.source import line_starts

_LONE_CR = re.compile(r"\r(?!\n)")
_FORM_FEED = re.compile(r"^([ \t]*)(\f+)(?=[ \t\f]*[^\s#])", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Slice:
    """Text for LibCST. `starts[i]` of it is `origins[i]` of the file, and so on up to the next start."""

    text: str
    starts: tuple[int, ...]
    origins: tuple[int, ...]

    def origin(self, offset: int) -> int:
        """Map an offset in `text` to the file's text."""
        at = bisect_right(self.starts, offset) - 1
        return self.origins[at] + offset - self.starts[at]


def whole(text: str) -> Slice:
    """Show LibCST the whole file."""
    return _joined(text, [(0, len(text))])


def statements(text: str, ranges: Sequence[tuple[int, int]], lines: Iterable[int]) -> Slice:
    """Show LibCST the top-level statements that hold `lines`, each with the comments above it.

    `ranges` are the line ranges of all top-level statements; a line in none of them (a comment) shows nothing.
    """
    wanted = set()
    firsts = [start for start, _ in ranges]
    for line in lines:
        index = bisect_right(firsts, line) - 1
        if index < 0 or line > ranges[index][1]:
            continue
        # Statements that share a line (`a = 1; b = 2`) go together.
        while index > 0 and ranges[index - 1][1] >= ranges[index][0]:
            index -= 1
        while True:
            wanted.add(index)
            if index + 1 >= len(ranges) or ranges[index + 1][0] > ranges[index][1]:
                break
            index += 1
    starts = [*line_starts(text), len(text)]
    pieces: list[tuple[int, int]] = []
    for index in sorted(wanted):
        above = ranges[index - 1][1] if index else 0
        begin = starts[above] if above < ranges[index][0] else pieces[-1][1]
        end = starts[min(ranges[index][1], len(starts) - 1)]
        if pieces and pieces[-1][1] == begin:
            pieces[-1] = (pieces[-1][0], end)
        elif end > begin:
            pieces.append((begin, end))
    return _joined(text, pieces)


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
            yield begin, match.start(2)
            begin = match.end(2)
    yield begin, end
