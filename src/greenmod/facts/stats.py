"""The stat of many files, to tell later whether any of them changed.

Like git, a file touched so recently that its time stamp could not tell a second change is never the same.
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Sequence
from pathlib import Path

FIELDS = 3  # size, mtime and ctime of each file
_RACY = 2_000_000_000  # nanoseconds: the coarsest time stamp of a file system in use (FAT)


def stat_all(root: Path, paths: Sequence[str]) -> array[int]:
    """Return the stat of each path, links not followed."""
    base, lstat = f"{root}{os.sep}", os.lstat
    stats = array("q")
    try:
        for status in map(lstat, [base + path for path in paths]):
            stats.extend((status.st_size, status.st_mtime_ns, status.st_ctime_ns))
    except OSError:  # some file is gone: ask for each
        return array("q", [field for path in paths for field in _stat(base + path)])
    return stats


def forget_racy(stats: array[int], began: int) -> None:
    """Make the stats of what was touched around `began` (nanoseconds) unlike any other."""
    for i in range(1, len(stats), FIELDS):
        if max(stats[i], stats[i + 1]) > began - _RACY:
            stats[i] = -2


def _stat(path: str) -> tuple[int, int, int]:
    try:
        status = os.lstat(path)
    except OSError:
        return -1, -1, -1
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns
