"""What `Codemod.survey` and `Codemod.decide` are given and return, as plain data. Nothing here knows LibCST."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field

from greenmod.facts.record import FileFacts
from greenmod.model import ImportNeed


@dataclass(frozen=True, slots=True)
class SurveyedFile:
    """A file as `Codemod.survey` sees it: text, `ast` tree and facts. Columns of `ast` count UTF-8 bytes."""

    path: str
    text: str
    tree: ast.Module
    facts: FileFacts


@dataclass(frozen=True, slots=True)
class Survey:
    """What a codemod found in one file: the lines of its sites (1-based), and JSON data for `decide`."""

    lines: tuple[int, ...] = ()
    data: object = None


@dataclass(frozen=True, slots=True)
class FilePlan:
    """What to do in one file: the lines of the sites to change, and data for the transformer.

    The data is plain: strings, numbers, and tuples, lists and dictionaries of them. It may be sent to another process.

    Without `lines` the transformer sees the whole file; with them, the top-level statements that hold them, as they
    are. `innermost` is for a transformer that needs no more than the innermost statements that hold the lines, below
    the headers of the classes and functions around them: that is cheaper, and what it sees of a body is not all of it.
    Each node that it changes or looks into must then stand on one of `lines`, or below one that is not a definition's.

    `together` names other files that must change with it: the edits meet in one Change through
    `change(..., group=...)`. `groups` names the groups that have edits in this file: where the file can't be worked on
    after all, they are left alone in all files.
    """

    lines: tuple[int, ...] | None = None
    data: object = None
    together: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    innermost: bool = False


@dataclass(frozen=True, slots=True, order=True)
class SkippedSite:
    """A candidate that `decide` leaves alone."""

    path: str
    line: int
    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class TextChange:
    """A whole new text for a file, as part of the Change `group`: for settings, requirements, and new files.

    Only the lines that differ become edits, so that others may change the rest; a file that is not there is made. Lines
    end with `\\n`, whatever the file's own ends are. `requires` names groups that the Change can't live without,
    `serves` those that it is for: it goes where none of them stays. `line` is where it is shown: where the text begins
    to differ, unless it is given.
    """

    path: str
    text: str
    group: str
    title: str
    why: str = ""
    requires: tuple[str, ...] = ()
    line: int | None = None
    imports: tuple[ImportNeed, ...] = ()
    serves: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """What `decide` returns: the files to change, by the transformer or as text, and the sites left alone."""

    files: Mapping[str, FilePlan] = field(default_factory=dict)
    skips: tuple[SkippedSite, ...] = ()
    texts: tuple[TextChange, ...] = ()
