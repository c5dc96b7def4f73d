"""Which lines of two texts differ, and which differences are shown together.

Whole lines are compared, for what people and other tools write line by line: settings, requirements, patches.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import AnyStr

# `(tag, i, j, k, m)` as of `difflib`: the lines `[i, j)` of the old text stand against `[k, m)` of the new.
Opcode = tuple[str, int, int, int, int]
# How many equal lines a hunk shows around what differs, as git and everybody else.
_CONTEXT = 3


def split_lines(data: bytes) -> list[bytes]:
    """Split like git: at line feeds only."""
    lines = data.split(b"\n")
    last = lines.pop()
    return [*(line + b"\n" for line in lines), *([last] if last else [])]


def opcodes(old: Sequence[AnyStr], new: Sequence[AnyStr]) -> list[Opcode]:
    """Compare what lies between the common head and tail: edits are few and files are long."""
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    middle = SequenceMatcher(None, old[head : len(old) - tail], new[head : len(new) - tail])
    codes: list[Opcode] = [("equal", 0, head, 0, head)] if head else []
    codes += ((tag, i + head, j + head, k + head, m + head) for tag, i, j, k, m in middle.get_opcodes())
    if tail:
        codes.append(("equal", len(old) - tail, len(old), len(new) - tail, len(new)))
    return codes


def grouped(codes: Sequence[Opcode]) -> Iterator[list[Opcode]]:
    """Cut the opcodes into hunks: long equal runs between changes separate them."""
    group: list[Opcode] = []
    for number, (tag, i, j, k, m) in enumerate(codes, 1):
        if tag != "equal":
            group.append((tag, i, j, k, m))
        elif not group:
            group = [(tag, max(i, j - _CONTEXT), j, max(k, m - _CONTEXT), m)]
        elif j - i > 2 * _CONTEXT and number < len(codes):
            yield [*group, (tag, i, i + _CONTEXT, k, k + _CONTEXT)]
            group = [(tag, j - _CONTEXT, j, m - _CONTEXT, m)]
        else:
            end = min(_CONTEXT, j - i) if number == len(codes) else j - i
            group.append((tag, i, i + end, k, k + end))
    if any(code[0] != "equal" for code in group):
        yield group


def _common(old: Sequence[AnyStr], new: Sequence[AnyStr]) -> int:
    size = 0
    for one, other in zip(old, new, strict=False):
        if one != other:
            break
        size += 1
    return size
