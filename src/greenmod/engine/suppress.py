"""`# greenmod: ignore[name] reason`: what a comment on its line forbids is a skip.

A piece of a group takes the whole group with it, over all files: half of a change is worse than none.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace

from greenmod.engine.work import Piece, Proposal, Refusal
from greenmod.model import Skip
from greenmod.source import Source

_COMMENT = re.compile(r"#\s*greenmod:\s*ignore(?:\[(?P<names>[^\]]*)\])?(?P<reason>[^\r\n]*)")


def without_suppressed(source: Source, found: Proposal) -> Proposal:
    """Leave out what the file's comments forbid."""
    if "greenmod:" not in source.text:
        return found
    lines = re.split(r"\r\n|\r|\n", source.text)
    starts = [0, *(match.end() for match in re.finditer(rb"\r\n|\r|\n", source.data))]
    kept: list[Piece] = []
    skips: list[Skip] = []
    refusals: list[Refusal] = []
    for piece in found.pieces:
        reason = _forbidden(piece, lines, starts)
        if reason is None:
            kept.append(piece)
            continue
        skip = Skip(piece.codemod, piece.path, piece.line, "suppressed", reason)
        skips.append(skip)
        refusals += (Refusal(group, skip) for group in piece.groups)
    return replace(found, pieces=tuple(kept), skips=(*found.skips, *skips), refusals=(*found.refusals, *refusals))


def _forbidden(piece: Piece, lines: Sequence[str], starts: Sequence[int]) -> str | None:
    """Return why a piece is forbidden by the comment on one of its lines, if it is."""
    own = {piece.line, *(bisect_right(starts, start) for start, _, _ in piece.spans)}
    return next((found for line in sorted(own) if (found := _reason(lines, line, piece.codemod))), None)


def _reason(lines: Sequence[str], line: int, codemod: str) -> str | None:
    match = _COMMENT.search(lines[line - 1]) if line <= len(lines) else None
    if match is None or (match["names"] and codemod not in (part.strip() for part in match["names"].split(","))):
        return None
    return match["reason"].strip() or "a comment says to leave it"
