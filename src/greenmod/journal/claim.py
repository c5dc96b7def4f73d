"""Who works on a run: a marker file, locked by the process that writes it.

The lock ends with the process, however it ends; nobody has to guess from a process id or an age whether it lives.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Claim:
    """A locked marker; its name is the run's number."""

    marker: Path
    descriptor: int

    @property
    def number(self) -> int:
        return int(self.marker.name)

    def keep(self) -> None:
        """Unlock and leave the marker: the next start ends the run."""
        os.close(self.descriptor)

    def drop(self) -> None:
        """Remove the marker and unlock. Where an open file can't be removed (Windows) the lock goes first."""
        if sys.platform == "win32":
            os.close(self.descriptor)
        with suppress(OSError):
            os.unlink(self.marker)
        if sys.platform != "win32":
            os.close(self.descriptor)


def claim(folder: Path, first: int) -> Claim:
    """Mark and lock the first free number from `first` on. Raises OSError."""
    for number in count(first):
        marker = folder / str(number)
        try:
            if held := _hold(marker, os.O_CREAT | os.O_EXCL):
                return held
        except FileExistsError:
            continue  # another process was faster
        except OSError:
            with suppress(OSError):
                os.unlink(marker)  # a file system without locks
            raise
    raise AssertionError("counting never ends")


def seize(folder: Path, number: int) -> Claim | None:
    """Lock the marker of a dead process; None while its process lives, and where somebody else was faster."""
    try:
        return _hold(folder / str(number), 0)
    except OSError:
        return None


def _hold(marker: Path, flags: int) -> Claim | None:
    descriptor = os.open(marker, os.O_RDWR | flags, 0o600)
    try:
        # A marker without a name was dropped by its holder between our opening and our locking it.
        if _lock(descriptor) and os.fstat(descriptor).st_nlink:
            return Claim(marker, descriptor)
    except OSError:
        os.close(descriptor)
        raise
    os.close(descriptor)
    return None


def _lock(descriptor: int) -> bool:
    """Lock an open file for the rest of this process's life; False while another holds it."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):  # the latter is how Windows says it
        return False
    return True
