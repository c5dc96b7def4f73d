"""The nouns of greenmod: plain frozen data that crosses processes, files and the wire.

Byte offsets are half open and count in the baseline's own bytes. Lines are 1-based. Paths are POSIX and
relative to the root. Nothing here reads the file system.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, IntEnum


class Safety(str, Enum):
    """Whether a change keeps the program's meaning (`safe`) or needs a person's eye (`unsafe`)."""

    SAFE = "safe"
    UNSAFE = "unsafe"


class Verdict(str, Enum):
    """What the tests said of a change."""

    PROVEN = "proven"  # a passing test notices it
    UNPROVEN = "unproven"  # nothing got worse, and nothing shows that a test noticed
    BROKEN = "broken"  # with it, a test got worse
    INCONCLUSIVE = "inconclusive"  # with it, the tests crashed or ran out of time


class ExitCode(IntEnum):
    """What a greenmod command tells its caller."""

    OK = 0
    CHANGES = 1
    USAGE = 2
    FILES = 3
    VERIFY = 4
    INTERRUPTED = 130
    BUG = 70


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Replace the baseline bytes `[start, end)` of `path` by `text`, in the file's own encoding."""

    path: str
    start: int
    end: int
    text: str

    @property
    def is_insertion(self) -> bool:
        return self.start == self.end

    def overlaps(self, other: Edit) -> bool:
        """Tell whether two edits touch the same bytes of one file, or insert at the same place."""
        if self.path != other.path:
            return False
        if self.is_insertion and other.is_insertion:
            return self.start == other.start
        if self.is_insertion:
            return other.start < self.start < other.end
        if other.is_insertion:
            return self.start < other.start < self.end
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True, order=True)
class Replacement:
    """Put `data` in place of all that `path` holds: for what no text can say. None deletes the file."""

    path: str
    data: bytes | None


@dataclass(frozen=True, slots=True, order=True)
class ImportNeed:
    """One name that a file must import (`add`) or may stop importing once it is unused (`drop`).

    `beside` is a local name: the new name joins the import statement that binds it, the one at `line` if several do;
    without it, or where that statement can't take it, the import goes to the top of the file.
    """

    path: str
    module: str
    name: str | None = None
    asname: str | None = None
    beside: str | None = None
    action: str = "add"
    line: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """What a person accepts or rejects as a whole; its edits may span files and never overlap.

    Of `files`, which it replaces as wholes, nothing else edits one.
    """

    id: str
    codemod: str
    title: str
    why: str
    safety: Safety
    edits: tuple[Edit, ...]
    imports: tuple[ImportNeed, ...] = ()
    requires: tuple[str, ...] = ()
    line: int = 1
    files: tuple[Replacement, ...] = ()

    @property
    def path(self) -> str:
        """The file of the first edit, else the first replaced as a whole: where the change is shown."""
        return self.edits[0].path if self.edits else self.files[0].path

    @property
    def paths(self) -> tuple[str, ...]:
        touched: tuple[Edit | ImportNeed | Replacement, ...] = (*self.edits, *self.imports, *self.files)
        return tuple(sorted({one.path for one in touched}))


@dataclass(frozen=True, slots=True, order=True)
class Skip:
    """A candidate that was left alone. `rule` is a stable short id, `reason` a sentence."""

    codemod: str
    path: str
    line: int
    rule: str
    reason: str


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """A file that could not be read, parsed or rewritten, or a codemod that failed on it."""

    path: str
    line: int
    kind: str
    message: str


@dataclass(frozen=True, slots=True)
class Baseline:
    """What a file was when the run was planned; `sha256` is None where there was no file."""

    path: str
    sha256: str | None


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """A whole plan. Only these baselines may be rewritten, and only while they hash the same."""

    baselines: Mapping[str, Baseline] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()
    skips: tuple[Skip, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def ids(self) -> frozenset[str]:
        return frozenset(change.id for change in self.changes)

    def chosen(self, ids: Iterable[str]) -> tuple[Change, ...]:
        """Return the changes of `ids` in plan order, closed under `requires`: one whose need is missing is left out."""
        wanted = set(ids)
        by_id = {change.id: change for change in self.changes}
        while missing := {i for i in wanted if i not in by_id or not wanted.issuperset(by_id[i].requires)}:
            wanted -= missing
        return tuple(change for change in self.changes if change.id in wanted)

    def paths(self) -> Iterator[str]:
        """Yield each path that some change touches, sorted."""
        yield from sorted({path for change in self.changes for path in change.paths})
