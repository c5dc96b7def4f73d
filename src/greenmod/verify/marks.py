"""How the entries of a tree stand, by which one that was touched is known from one that was not.

No file is read. A rewritten file that is given its old time again is known all the same: nobody sets a `ctime`.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import NamedTuple

_OWN = stat.S_IRWXU


class Mark(NamedTuple):  # not a dataclass: thousands are made before each run
    """What the file system says of an entry. A folder has its mode alone: what lies in it speaks for itself."""

    mode: int
    inode: int = 0
    size: int = 0
    modified: int = 0
    changed: int = 0

    @property
    def is_folder(self) -> bool:
        return stat.S_ISDIR(self.mode)


def mark_of(status: os.stat_result) -> Mark:
    """Make the mark of an entry of which `status` is the `lstat`."""
    mode = status.st_mode
    if stat.S_ISDIR(mode):
        return Mark(mode)
    return Mark(mode, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def list_marks(tree: Path) -> dict[str, Mark]:
    """Return the mark of all that is in `tree`, each folder before what is in it; the tree itself is `""`.

    A folder that its owner can't enter or change is opened after its mark is taken.
    """
    marks = {"": mark_of(os.lstat(tree))}
    pending = [""]
    while pending:
        folder = pending.pop()
        place, prefix = (f"{tree}/{folder}", f"{folder}/") if folder else (str(tree), "")
        if marks[folder].mode & _OWN != _OWN:
            os.chmod(place, _OWN)
        with os.scandir(place) as entries:
            for entry in entries:
                path = prefix + entry.name
                marks[path] = mark = mark_of(entry.stat(follow_symlinks=False))
                if mark.is_folder:
                    pending.append(path)
    return marks
