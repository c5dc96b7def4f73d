"""What an answer depended on: files and folders as they were before they were looked at, to tell later if it holds.

A file is the same while its stat is, or else its bytes; a folder while it holds the same names. Like git, a stat so
recent that it could not tell a second change is not trusted.
"""

from __future__ import annotations

import os
import stat
import time
from array import array
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from greenmod.errors import FileError
from greenmod.source import read_bytes

Saw = Callable[[str | Path], None]
Stat = tuple[int, int, int]  # size, mtime and ctime

_GONE: Stat = (-1, -1, -1)
_RACY = 2_000_000_000  # nanoseconds: the coarsest time stamp of a file system in use (FAT)
_UNSURE = -2  # stands for a time that tells nothing
_SIZE = 16  # bytes of a digest


def nobody(path: str | Path) -> None:
    """Stand in for `Witness.saw` where nobody will ask again."""


class Sight(NamedTuple):
    """What was seen at a path; `digest` is of its bytes, or of the names in a folder."""

    stat: Stat
    digest: bytes


class Witness:
    """Notes what is looked at below `root` and elsewhere. `clock` tells nanoseconds."""

    def __init__(self, root: Path, clock: Callable[[], int] = time.time_ns) -> None:
        self._base = f"{root}{os.sep}"
        self._began = clock()
        self._sights: dict[str, Sight] = {}

    def saw(self, path: str | Path) -> None:
        """Note a file or folder, or that there is none; before it is looked at."""
        name = os.fspath(path).removeprefix(self._base)
        if name not in self._sights:
            self._sights[name] = _look(os.path.join(self._base, name))

    def saw_all(self, paths: Iterable[str]) -> None:
        for path in paths:
            self.saw(path)

    def holds(self) -> bool:
        """Tell whether all is still as it was noted, by its stat alone."""
        return all(_stat(os.path.join(self._base, name)) == sight.stat for name, sight in self._sights.items())

    def testimony(self) -> bytes:
        """Return what was noted, for `still_true`."""
        return _dump({name: _trusted(sight, self._began) for name, sight in self._sights.items()})


def still_true(root: Path, testimony: bytes, clock: Callable[[], int] = time.time_ns) -> bytes | None:
    """Return a testimony if all is as it says, with the stats that files have now; None if anything is different."""
    base, began = f"{root}{os.sep}", clock()
    known = _load(testimony)
    renewed = {}
    for name, sight in known.items():
        path = os.path.join(base, name)
        if _stat(path) != sight.stat:
            now = _look(path)
            if now.digest != sight.digest or (now.stat == _GONE) != (sight.stat == _GONE):
                return None
            renewed[name] = _trusted(now, began)
    return _dump({**known, **renewed}) if renewed else testimony


def _look(path: str) -> Sight:
    found = _stat(path)
    if found == _GONE:
        return Sight(_GONE, bytes(_SIZE))
    try:
        if os.path.isdir(path):
            digest = sha256(b"folder " + os.fsencode("\0".join(sorted(os.listdir(path)))))
        else:
            digest = sha256(b"file " + read_bytes(Path(path), path))
    except (OSError, FileError):
        digest = sha256(b"unreadable")
    if os.path.islink(path):
        digest.update(os.fsencode(os.path.realpath(path)))
    return Sight(found, digest.digest()[:_SIZE])


def _stat(path: str) -> Stat:
    """Return the stat of what a path leads to; for a link, with the time at which it was made."""
    try:
        status = os.lstat(path)
        if stat.S_ISLNK(status.st_mode):
            target = os.stat(path)
            return (
                target.st_size,
                max(target.st_mtime_ns, status.st_mtime_ns),
                max(target.st_ctime_ns, status.st_ctime_ns),
            )
    except (OSError, ValueError):
        return _GONE
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _trusted(sight: Sight, began: int) -> Sight:
    """Return a sight whose stat equals no other if it could not tell a change that came right after it."""
    size, *times = sight.stat
    return sight if max(times) <= began - _RACY else Sight((size, _UNSURE, _UNSURE), sight.digest)


def _dump(sights: Mapping[str, Sight]) -> bytes:
    names = os.fsencode("\0".join(sights))
    stats = array("q", [field for sight in sights.values() for field in sight.stat]).tobytes()
    return b"%d %d\n" % (len(sights), len(names)) + names + stats + b"".join(sight.digest for sight in sights.values())


def _load(data: bytes) -> dict[str, Sight]:
    head, _, body = data.partition(b"\n")
    count, length = map(int, head.split())
    names = os.fsdecode(body[:length]).split("\0") if count else []
    stats = array("q")
    end = length + count * 3 * stats.itemsize
    stats.frombytes(body[length:end])
    return {
        name: Sight((stats[3 * i], stats[3 * i + 1], stats[3 * i + 2]), body[end + i * _SIZE : end + (i + 1) * _SIZE])
        for i, name in enumerate(names)
    }
