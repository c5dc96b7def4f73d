"""What every start does first: end the runs whose process died.

Such a run is never rolled back: its files are old or new already, they may have been read, edited or committed since,
and the start that finds it may be a hook that was given other files. What it wrote is noted, and `undo` takes it back.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from greenmod.journal.place import journal_folder, pending


@dataclass(frozen=True, slots=True)
class Recovered:
    """A run whose process died, and its files: new, still old, and edited since so that nobody can tell."""

    run: str
    command: str
    written: tuple[str, ...]
    unwritten: tuple[str, ...]
    edited: tuple[str, ...]


def recover(root: Path) -> tuple[Recovered, ...]:
    """Note what the runs of dead processes wrote, so that it can be undone, and remove their temporary files."""
    folder = journal_folder(root)
    numbers = pending(folder)
    if not numbers:
        return ()
    from greenmod.journal.ending import end_dead
    from greenmod.journal.store import Journal

    found = [end_dead(root, Journal(folder), number) for number in numbers]
    return tuple(recovered for recovered in found if recovered)
