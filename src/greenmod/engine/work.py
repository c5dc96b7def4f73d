"""What goes into and comes out of a worker: plain data, nothing that holds a tree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from greenmod.api import TextChange
from greenmod.config import OptionValue
from greenmod.description import CodemodSpec
from greenmod.facts.record import FileFacts
from greenmod.model import ImportNeed, Problem, Safety, Skip


@dataclass(frozen=True, slots=True)
class Work:
    """One codemod's part in a file. Without `lines` it sees the whole file; see FilePlan for the rest."""

    spec: CodemodSpec
    options: Mapping[str, OptionValue]
    lines: tuple[int, ...] | None = None
    decision: object = None
    groups: tuple[str, ...] = ()
    innermost: bool = False

    @property
    def codemod(self) -> str:
        return self.spec.name


@dataclass(frozen=True, slots=True)
class TextWork:
    """One codemod's new text for a file."""

    codemod: str
    safety: Safety
    change: TextChange

    @property
    def groups(self) -> tuple[str, ...]:
        return (self.change.group,)


Part = Work | TextWork


@dataclass(frozen=True, slots=True)
class Task:
    """All that is to be done in one file."""

    path: str
    works: tuple[Work, ...]
    facts: FileFacts | None = None
    texts: tuple[TextWork, ...] = ()

    @property
    def parts(self) -> tuple[Part, ...]:
        return (*self.works, *self.texts)


@dataclass(frozen=True, slots=True)
class Piece:
    """One Change's part in one file. `spans` are `(start, end, text)` in bytes of the baseline.

    It belongs to several `groups` where what they do in the file can't be told apart.
    """

    codemod: str
    path: str
    groups: tuple[str, ...]
    title: str
    why: str
    safety: Safety
    scope: str
    line: int
    spans: tuple[tuple[int, int, str], ...]
    requires: tuple[str, ...]
    imports: tuple[ImportNeed, ...]
    serves: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """A group that is left alone over all files; the skip says where it was found out, and why."""

    group: str
    skip: Skip


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the codemods of a task would do to its file, and the hash of the file they saw (None: there is none)."""

    path: str
    sha256: str | None
    pieces: tuple[Piece, ...] = ()
    skips: tuple[Skip, ...] = ()
    problems: tuple[Problem, ...] = ()
    refusals: tuple[Refusal, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """What the surveys of one file found: `(lines, data)` by codemod name.

    `declared` are its declarations as data, where a codemod `wants_objects`.
    """

    path: str
    sha256: str
    facts: FileFacts | None
    surveys: Mapping[str, tuple[tuple[int, ...], object]]
    problems: tuple[Problem, ...] = ()
    declared: object = None
