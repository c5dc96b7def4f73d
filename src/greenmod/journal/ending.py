"""How a run ends: its temporary files go, and what it wrote is noted.

Only who holds a run's claim ends it. What can't be done (a full disk) is left to the next start.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from greenmod.journal.claim import Claim, seize
from greenmod.journal.recovery import Recovered
from greenmod.journal.refusal import attempt
from greenmod.journal.store import Journal, Record
from greenmod.journal.target import current_hash


def end(root: Path, journal: Journal, claim: Claim, record: Record, written: Sequence[str]) -> bool:
    """End a run that wrote the files `written`; False if that is left to the next start."""
    try:
        for entry in record.entries:
            with suppress(FileNotFoundError, NotADirectoryError):
                os.unlink(root / entry.temporary)
        for folder in record.folders:
            with suppress(OSError):  # not empty, as it should be
                (root / folder).rmdir()
        journal.finish(record.number, written)
    except OSError:
        claim.keep()
        return False
    claim.drop()
    return True


def end_cut_off(root: Path, journal: Journal, claim: Claim, record: Record) -> Recovered | None:
    """End a run that did not come to its end; what it wrote is read off the files."""
    written: list[str] = []
    unwritten: list[str] = []
    edited: list[str] = []
    for entry in record.entries:
        now = attempt(entry.path, current_hash, root / entry.path, entry.path)
        (written if now == entry.after else unwritten if now == entry.before else edited).append(entry.path)
    if not end(root, journal, claim, record, written):
        return None
    files = (tuple(sorted(paths)) for paths in (written, unwritten, edited))
    return Recovered(str(record.number), record.command, *files)


def end_dead(root: Path, journal: Journal, number: int) -> Recovered | None:
    """End the run of a dead process; None where it lives, and where there is nothing to tell."""
    claim = seize(journal.marks, number)
    if claim is None:
        return None
    record = journal.load(number)
    if record is None and number in journal.numbers():
        claim.keep()  # another version of greenmod can read it
    elif record is None:
        with suppress(OSError):
            journal.forget(number)  # half a record: no file was touched yet
        claim.drop()
    elif journal.written(number) is not None:
        claim.drop()
    else:
        return end_cut_off(Path(os.path.realpath(root)), journal, claim, record)
    return None
