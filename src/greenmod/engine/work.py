"""What goes into and comes out of a worker: plain data, nothing that holds a tree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from greenmod.config import OptionValue
from greenmod.facts.record import FileFacts
from greenmod.model import ImportNeed, Problem, Safety, Skip
from greenmod.registry import CodemodSpec


@dataclass(frozen=True, slots=True)
class Work:
    """One codemod's part in a file. Without `lines` it sees the whole file."""

    spec: CodemodSpec
    options: Mapping[str, OptionValue]
    lines: tuple[int, ...] | None = None
    decision: object = None


@dataclass(frozen=True, slots=True)
class Task:
    """All that is to be done in one file."""

    path: str
    works: tuple[Work, ...]
    facts: FileFacts | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """One Change's part in one file. `spans` are `(start, end, text)` in bytes of the baseline."""

    codemod: str
    path: str
    group: str | None
    title: str
    why: str
    safety: Safety
    scope: str
    line: int
    spans: tuple[tuple[int, int, str], ...]
    requires: tuple[str, ...]
    imports: tuple[ImportNeed, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the codemods of a task would do to its file, and the hash of the file they saw."""

    path: str
    sha256: str | None
    pieces: tuple[Piece, ...] = ()
    skips: tuple[Skip, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """What the surveys of one file found: `(lines, data)` by codemod name."""

    path: str
    sha256: str
    facts: FileFacts | None
    surveys: Mapping[str, tuple[tuple[int, ...], object]]
    problems: tuple[Problem, ...] = ()
