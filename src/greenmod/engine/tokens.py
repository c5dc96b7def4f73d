"""The smallest token edits between two pieces of Python text.

Whole tokens are compared, never characters, so that an edit reads as a person would have typed it.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher

# `(start, end, text)`: replace `[start, end)` of the old text by `text`.
Span = tuple[int, int, str]

_TOKEN = re.compile(r"\w+|[^\S\r\n]+|\r\n|[\s\S]")
_QUADRATIC_LIMIT = 4_000_000


def token_edits(old: str, new: str) -> list[Span]:
    """Return the edits that turn `old` into `new`, in order, none touching another."""
    if old == new:
        return []
    before, after = _TOKEN.findall(old), _TOKEN.findall(new)
    head = _common_prefix(before, after)
    tail = _common_prefix(before[head:][::-1], after[head:][::-1])
    before, after = before[head : len(before) - tail], after[head : len(after) - tail]
    at = sum(map(len, _TOKEN.findall(old)[:head]))
    if not before or not after or len(before) * len(after) > _QUADRATIC_LIMIT:
        return [(at, at + sum(map(len, before)), "".join(after))]
    return _differences(before, after, at)


def apply_spans(text: str, spans: list[Span]) -> str:
    """Return `text` with the spans (sorted, not overlapping) replaced."""
    parts, at = [], 0
    for start, end, new in spans:
        parts += [text[at:start], new]
        at = end
    return "".join((*parts, text[at:]))


def _differences(before: list[str], after: list[str], at: int) -> list[Span]:
    offsets = [at]
    for token in before:
        offsets.append(offsets[-1] + len(token))
    codes = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    return [(offsets[i], offsets[j], "".join(after[k:m])) for kind, i, j, k, m in codes if kind != "equal"]


def _common_prefix(one: list[str], other: list[str]) -> int:
    count = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        count += 1
    return count
