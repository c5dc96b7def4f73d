"""Remarks: what authors say in comments, beside a mock or right above it, of the kind that it has."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_COMMENT = re.compile(r"#.*$")
# What stands between a comment and a mock that are of one call: the call's own first line, and short arguments.
_ARGUMENT = re.compile(r"[^()#]*,|[^()#]*\(")
_OF_PLAIN = re.compile(r"\bMagicMock\b|\bun-?awaited\b")
_OF_ASYNC = re.compile(r"\b(Async|Coroutine)Mock\b")


def remark_on(lines: Sequence[str], line: int, *, is_plain: bool) -> str:
    """Return the comment that names the kind of the mock at a line, counted from 1; empty where none does."""
    names = _OF_PLAIN if is_plain else _OF_ASYNC
    return next((comment for comment in _comments(lines, line - 1) if names.search(comment)), "")


def _comments(lines: Sequence[str], at: int) -> Iterator[str]:
    """Yield the comment of a line, and those of the block above it, or above its place in a call."""
    beside = _COMMENT.search(lines[at])
    if beside is not None:
        yield beside[0]
    above = at - 1
    while above >= 0 and _ARGUMENT.fullmatch(lines[above].strip()):
        above -= 1
    while above >= 0 and lines[above].lstrip().startswith("#"):
        yield lines[above].strip()
        above -= 1
