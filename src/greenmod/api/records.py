"""What a codemod's visit leaves behind for the engine: each call of `change`, `skip` and `refuse`, with its nodes."""

from __future__ import annotations

from dataclasses import dataclass

import libcst as cst

from greenmod.model import ImportNeed, Safety

Replacement = cst.CSTNode | cst.RemovalSentinel | cst.FlattenSentinel[cst.CSTNode]


@dataclass(frozen=True, slots=True)
class Record:
    """One call of `change`, as the engine reads it."""

    original: cst.CSTNode
    new: Replacement
    title: str
    why: str
    safety: Safety
    scope: str
    group: str | None
    requires: tuple[str, ...]
    imports: tuple[ImportNeed, ...]


@dataclass(frozen=True, slots=True)
class SkipRecord:
    """One call of `skip`, or of `refuse` for a `group`, as the engine reads it."""

    node: cst.CSTNode
    rule: str
    reason: str
    group: str | None = None
