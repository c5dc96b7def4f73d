"""Which lines of two texts differ.

Whole lines are compared, for what people and other tools write line by line: settings, requirements, patches.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import AnyStr

# `(tag, i, j, k, m)` as of `difflib`: the lines `[i, j)` of the old text stand against `[k, m)` of the new.
Opcode = tuple[str, int, int, int, int]


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


def _common(old: Sequence[AnyStr], new: Sequence[AnyStr]) -> int:
    size = 0
    for one, other in zip(old, new, strict=False):
        if one != other:
            break
        size += 1
    return size
