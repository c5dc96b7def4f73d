"""The journal's own files: one folder per root in the user's state folder, one number per run.

    journal/<hash of the root's real path>/
        pending/7     locked by the process that runs 7, so that nobody else ends it while that process lives
        7.run         one line of JSON (`Record`), then the old bytes of its files, one after the other
        7.done        the paths that were written, as JSON

A record is on the disk, whole, before the first file of the user is touched, and is never changed. A run without a
marker is finished: its `.done` tells what was written.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from greenmod.errors import FileError
from greenmod.journal.claim import Claim, claim
from greenmod.journal.place import journal_folder, pending, pending_folder
from greenmod.source import digest, read_bytes

KEEP = 20
_BINARY = getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a run: hashes of its bytes before and after (None: no file), and how many old bytes are kept.

    `temporary` is where the new bytes are prepared. Both paths are relative to the root and lead through no links.
    """

    path: str
    temporary: str
    before: str | None
    after: str | None
    size: int
    mode: int | None


@dataclass(frozen=True, slots=True)
class Record:
    """What a run is about to write; `folders` are made for it, deepest first, and `undoes` is the run it takes back."""

    number: int
    time: float
    command: str
    entries: tuple[Entry, ...]
    folders: tuple[str, ...]
    undoes: int | None


@dataclass(frozen=True, slots=True)
class Journal:
    """The runs of one root."""

    folder: Path

    @classmethod
    def of(cls, root: Path) -> Journal:
        """Return the journal of `root`; nothing is created."""
        return cls(journal_folder(root))

    @property
    def marks(self) -> Path:
        return pending_folder(self.folder)

    def numbers(self) -> list[int]:
        """List the runs that have a record, oldest first."""
        try:
            names = os.listdir(self.folder)
        except OSError:
            return []
        return sorted(int(name[:-4]) for name in names if name.endswith(".run") and name[:-4].isdigit())

    def claim(self) -> Claim:
        """Take the next number. Raises OSError."""
        self.marks.mkdir(parents=True, exist_ok=True)
        while True:
            held = claim(self.marks, max((0, *self.numbers(), *pending(self.folder))) + 1)
            if held.number not in self.numbers():
                return held
            held.drop()  # a whole run came and went between our looking and our marking

    def save(self, record: Record, old: Iterable[bytes]) -> None:
        """Put a record and the old bytes on the disk. Raises OSError, and leaves nothing behind then."""
        import json
        from dataclasses import asdict

        _sync_folder(self.marks)
        head = json.dumps(asdict(record)).encode()
        self._put(f"{record.number}.run", (head, b"\n", *old))

    def load(self, number: int) -> Record | None:
        """Read a record; None where there is none, or none that this version can read."""
        import json

        try:
            with open(self.folder / f"{number}.run", "rb") as file:
                head = json.loads(file.readline())
            entries = tuple(Entry(**entry) for entry in head.pop("entries"))
            return Record(**{**head, "entries": entries, "folders": tuple(head["folders"])})
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def old_bytes(self, record: Record) -> Iterator[bytes | None]:
        """Yield what each entry's file held before the run. Raises FileError where the journal is damaged."""
        file = self.folder / f"{record.number}.run"
        data = read_bytes(file, str(file))
        body = data.index(b"\n") + 1
        ends = accumulate((entry.size for entry in record.entries), initial=body)
        for entry, start in zip(record.entries, ends, strict=False):
            old = data[start : start + entry.size]
            if entry.before is None:
                yield None
            elif digest(old) == entry.before:
                yield old
            else:
                raise FileError(str(file), "the journal is damaged", "Restore the files with git.", kind="journal")

    def finish(self, number: int, written: Sequence[str]) -> None:
        """Say what was written. Raises OSError. A run that wrote nothing is forgotten."""
        import json

        if written:
            self._put(f"{number}.done", (json.dumps(list(written)).encode(),))
            self._prune()
        else:
            self.forget(number)

    def written(self, number: int) -> frozenset[str] | None:
        """Return the paths that a run wrote; None while it is not finished."""
        import json

        try:
            return frozenset(json.loads((self.folder / f"{number}.done").read_bytes()))
        except (OSError, ValueError, TypeError):
            return None

    def forget(self, number: int) -> None:
        """Remove all traces of a run. Raises OSError."""
        for suffix in ("run.new", "run", "done.new", "done"):
            (self.folder / f"{number}.{suffix}").unlink(missing_ok=True)

    def _prune(self) -> None:
        for number in sorted({*self.numbers()[:-KEEP]} - {*pending(self.folder)}):
            self.forget(number)

    def _put(self, name: str, chunks: Iterable[bytes]) -> None:
        file = self.folder / name
        new = self.folder / f"{name}.new"
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _BINARY, 0o600)
        try:
            try:
                write_all(descriptor, chunks)
            finally:
                os.close(descriptor)
            os.replace(new, file)
        except OSError:
            with suppress(OSError):
                new.unlink()
            raise
        _sync_folder(self.folder)


def write_all(descriptor: int, chunks: Iterable[bytes]) -> None:
    """Write every byte and wait until the disk has them. Raises OSError."""
    for chunk in chunks:
        rest = memoryview(chunk)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
    os.fsync(descriptor)


def _sync_folder(folder: Path) -> None:
    """Make names in `folder` survive a power cut; Windows has no such call."""
    if sys.platform != "win32":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
