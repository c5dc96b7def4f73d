"""One run of writes: journal it, stage every file, swap every file.

Nothing is swapped before everything is staged: a full disk is met while each file is still old, and what a kill can cut
in two is a row of renames.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from greenmod.journal.claim import Claim
from greenmod.journal.ending import end, end_cut_off
from greenmod.journal.refusal import DISK_FULL, attempt, without_journal
from greenmod.journal.store import Entry, Journal, Record
from greenmod.journal.target import Target, Write, aim, hash_of
from greenmod.model import Problem


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a run: each path is in `paths` or has a Problem. `run` is None where nothing was written."""

    run: str | None
    paths: tuple[str, ...]
    problems: tuple[Problem, ...]


def write(root: Path, writes: Sequence[Write], command: str) -> Written:
    """Write the files that are still what they were (`before`) and may be written; each other one gets a Problem.

    Where the journal can't be written, or the disk is full before the first swap, nothing is.
    """
    return carry_out(root, writes, command)


def carry_out(root: Path, writes: Sequence[Write], command: str, undone: Record | None = None) -> Written:
    """Write as `write` does; `undone` is the run that is taken back by it."""
    root = Path(os.path.realpath(root))
    journal = Journal.of(root)
    targets, problems = _aim(root, writes)
    if not targets:
        return Written(None, (), tuple(sorted(problems)))
    try:
        claim, record = _begin(root, journal, targets, command, undone)
    except OSError as error:
        problems += [without_journal(target.write.path, journal.folder, error) for target in targets]
        return Written(None, (), tuple(sorted(problems)))
    try:
        swapped, refused = _replace(targets)
    except BaseException:  # Ctrl-C: as after a kill, the files themselves tell how far it came
        end_cut_off(root, journal, claim, record)
        raise
    end(root, journal, claim, record, [_relative(root, target.file) for target in swapped])
    paths = tuple(sorted(target.write.path for target in swapped))
    return Written(str(record.number) if paths else None, paths, tuple(sorted(problems + refused)))


def _aim(root: Path, writes: Iterable[Write]) -> tuple[list[Target], list[Problem]]:
    outcomes = [attempt(each.path, aim, root, each) for each in writes]
    return (
        [outcome for outcome in outcomes if isinstance(outcome, Target)],
        [outcome for outcome in outcomes if isinstance(outcome, Problem)],
    )


def _begin(
    root: Path, journal: Journal, targets: Sequence[Target], command: str, undone: Record | None
) -> tuple[Claim, Record]:
    claim = journal.claim()
    record = Record(
        claim.number,
        time.time(),
        command,
        entries=tuple(_entry(root, target) for target in targets),
        folders=_new_folders(root, targets) + (undone.folders if undone else ()),
        undoes=undone.number if undone else None,
    )
    try:
        journal.save(record, (target.write.before or b"" for target in targets))
    except OSError:
        claim.drop()
        raise
    return claim, record


def _entry(root: Path, target: Target) -> Entry:
    return Entry(
        _relative(root, target.file),
        _relative(root, target.temporary),
        hash_of(target.write.before),
        hash_of(target.write.after),
        len(target.write.before or b""),
        target.mode,
    )


def _new_folders(root: Path, targets: Iterable[Target]) -> tuple[str, ...]:
    """Return the folders that new files need, deepest first."""
    above = {folder for target in targets for folder in target.file.parents if root in folder.parents}
    return tuple(sorted((_relative(root, folder) for folder in above if not folder.exists()), reverse=True))


def _relative(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix()


def _replace(targets: Sequence[Target]) -> tuple[list[Target], list[Problem]]:
    staged, refused = _stage(targets)
    swapped: list[Target] = []
    for target in staged:
        refusal = attempt(target.write.path, target.swap)
        if refusal is None:
            swapped.append(target)
        else:
            refused.append(refusal)
    return swapped, refused


def _stage(targets: Sequence[Target]) -> tuple[list[Target], list[Problem]]:
    staged: list[Target] = []
    refused: list[Problem] = []
    for target in targets:
        refusal = attempt(target.write.path, target.stage)
        if refusal is None:
            staged.append(target)
        elif refusal.kind == DISK_FULL:
            return [], [replace(refusal, path=each.write.path) for each in targets]
        else:
            refused.append(refusal)
    return staged, refused
