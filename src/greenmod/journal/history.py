"""The runs of a root, and taking one back.

An undo is a run like any other, so it survives a kill as well; only that it is never undone itself: to have the changes
again, run greenmod again. What it could not restore stays with the run that it takes back, for the next undo.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from greenmod.errors import StaleFileError, UsageError
from greenmod.journal.recovery import recover
from greenmod.journal.refusal import attempt
from greenmod.journal.run import Written, carry_out
from greenmod.journal.store import Entry, Journal, Record
from greenmod.journal.target import Write, current_bytes, hash_of
from greenmod.model import Problem


class RunState(str, Enum):
    """What can be done about a run: `written` ones can be undone, wholly or for the files that are left."""

    WRITTEN = "written"
    UNDONE = "undone"
    UNDO = "undo"
    UNFINISHED = "unfinished"


@dataclass(frozen=True, slots=True)
class Run:
    """One run as `greenmod undo --list` shows it. `time` is in seconds since the epoch."""

    id: str
    time: float
    command: str
    files: tuple[str, ...]
    state: RunState


@dataclass(frozen=True, slots=True)
class _Past:
    """A record, what of it was written (None while it is not finished), and what of that was taken back since."""

    record: Record
    written: frozenset[str] | None
    taken_back: frozenset[str]

    @property
    def left(self) -> frozenset[str]:
        return (self.written or frozenset()) - self.taken_back

    @property
    def state(self) -> RunState:
        if self.written is None:
            return RunState.UNFINISHED
        if self.record.undoes is not None:
            return RunState.UNDO
        return RunState.WRITTEN if self.left else RunState.UNDONE

    @property
    def shown(self) -> Run:
        record = self.record
        return Run(str(record.number), record.time, record.command, tuple(sorted(self.written or ())), self.state)


def runs(root: Path) -> tuple[Run, ...]:
    """List the runs of `root` that are still known, newest first."""
    return tuple(past.shown for past in _read(Journal.of(root)))


def undo(root: Path, run: str | None = None) -> Written:
    """Restore the bytes from before a run: the newest that is not undone, or the one named; returns that run's id.

    A file that was edited since gets a Problem and stays. Raises UsageError where `run` can't be undone, FileError
    where its journal is damaged.
    """
    recover(root)
    journal = Journal.of(root)
    past = _newest(_read(journal)) if run is None else _named(_read(journal), run)
    if past is None:
        return Written(None, (), ())
    kept = zip(past.record.entries, journal.old_bytes(past.record), strict=True)
    outcomes = [
        attempt(entry.path, _reverse, root, past.record, entry, old) for entry, old in kept if entry.path in past.left
    ]
    number = str(past.record.number)
    writes = [outcome for outcome in outcomes if isinstance(outcome, Write)]
    done = carry_out(root, writes, f"greenmod undo {number}", past.record)
    refused = [outcome for outcome in outcomes if isinstance(outcome, Problem)]
    return Written(number, done.paths, tuple(sorted((*refused, *done.problems))))


def _read(journal: Journal) -> list[_Past]:
    """Return what is known of each run, newest first."""
    records = [record for number in reversed(journal.numbers()) if (record := journal.load(number))]
    written = {record.number: journal.written(record.number) for record in records}
    undos = [(record.undoes, path) for record in records for path in written[record.number] or ()]
    return [
        _Past(record, written[record.number], frozenset(path for undone, path in undos if undone == record.number))
        for record in records
    ]


def _newest(pasts: list[_Past]) -> _Past | None:
    return next((past for past in pasts if past.state is RunState.WRITTEN), None)


def _named(pasts: list[_Past], run: str) -> _Past:
    past = next((past for past in pasts if str(past.record.number) == run), None)
    if past is None:
        raise UsageError(f'there is no run "{run}" to undo', "`greenmod undo --list` shows the runs that are known.")
    if past.state is RunState.UNDO:
        raise UsageError(f"run {run} is an undo itself", "To have the changes again, run greenmod again.")
    if past.state is RunState.UNDONE:
        raise UsageError(f"run {run} is undone already", "`greenmod undo --list` shows the runs that are known.")
    if past.state is RunState.UNFINISHED:
        raise UsageError(f"run {run} is not finished", "Try again when the greenmod that is at it has ended.")
    return past


def _reverse(root: Path, record: Record, entry: Entry, old: bytes | None) -> Write:
    """Return what restores one file. Raises StaleFileError where it is neither as the run left it nor as before it."""
    now = current_bytes(root / entry.path, entry.path)
    if now != old and hash_of(now) != entry.after:
        raise StaleFileError(
            entry.path,
            f"was edited after run {record.number} wrote it; left as it is",
            "If a later run did that, undo that one first.",
            kind="stale",
        )
    return Write(entry.path, now, old, entry.mode)
