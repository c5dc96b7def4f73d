"""One file to be written: where it really is, whether greenmod may touch it, and the swap of old for new.

New bytes are complete and synced in a temporary sibling before `os.replace` swaps them in, so whoever opens the file
sees all old or all new bytes. Permission bits stay, and the owner where the system lets us. Not kept: times, access
control lists and hard links, for the new bytes are a new file (as after git's checkout).
"""

from __future__ import annotations

import os
import stat
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from greenmod.errors import FileError, StaleFileError
from greenmod.journal.store import write_all
from greenmod.source import digest, read_bytes

_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, slots=True)
class Write:
    """A file's bytes before and after; None means no file. `mode` is for a file that is created."""

    path: str
    before: bytes | None
    after: bytes | None
    mode: int | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """A `Write` found on the disk: `file` is behind all links, `status` is None where there is no file.

    `temporary` is a sibling under a name that nobody else uses.
    """

    write: Write
    file: Path
    temporary: Path
    status: os.stat_result | None

    @property
    def mode(self) -> int | None:
        return self.write.mode if self.status is None else stat.S_IMODE(self.status.st_mode)

    def stage(self) -> None:
        """Put the new bytes next to the file, whole and synced. Raises OSError."""
        if self.write.after is None:
            return
        if self.status is None:
            self.temporary.parent.mkdir(parents=True, exist_ok=True)
        # A file may be more private than the umask makes new ones, and so may what is about to replace it.
        descriptor = os.open(self.temporary, _NEW_FILE, 0o666 if self.status is None else 0o600)
        try:
            write_all(descriptor, (self.write.after,))
        finally:
            os.close(descriptor)
        self._keep_owner()
        if self.mode is not None:
            os.chmod(self.temporary, self.mode)

    def swap(self) -> None:
        """Make the file new if it is still old. Raises StaleFileError, OSError."""
        now = current_bytes(self.file, self.write.path)
        if now == self.write.after:
            return  # written already, under another name that leads to the same file
        if now != self.write.before:
            raise StaleFileError(
                self.write.path,
                "changed after the run was planned; left as it is",
                "Run greenmod again.",
                kind="stale",
            )
        if self.write.after is None:
            os.unlink(self.file)
        else:
            os.replace(self.temporary, self.file)

    def _keep_owner(self) -> None:
        if sys.platform == "win32" or self.status is None:
            return
        ours = os.stat(self.temporary)
        if (ours.st_uid, ours.st_gid) != (self.status.st_uid, self.status.st_gid):
            with suppress(PermissionError):  # only root gives files away
                os.chown(self.temporary, self.status.st_uid, self.status.st_gid)


def aim(root: Path, write: Write) -> Target:
    """Find the file that `write` means; `root` is a real path. Raises FileError where it must stay as it is."""
    file = Path(os.path.realpath(root / write.path))
    if not file.is_relative_to(root):
        raise FileError(
            write.path,
            f"leads out of the repository, to {file}; left as it is",
            "Run greenmod in the repository that the file belongs to.",
            kind="link",
        )
    status = _status(file)
    if status is not None:
        _check_writable(write.path, file, status)
    return Target(write, file, file.with_name(f".greenmod-{os.urandom(8).hex()}.tmp"), status)


def _check_writable(path: str, file: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise FileError(path, "is not a regular file; left as it is", kind="unwritable")
    # The bits are looked at as well, for root may write anything, and a read-only file is somebody's wish.
    if not (status.st_mode & 0o222 and os.access(file, os.W_OK)):
        raise FileError(
            path,
            "is not writable; left as it is",
            "Give it write permission, or leave it out with `exclude`.",
            kind="read-only",
        )


def current_bytes(file: Path, shown: str) -> bytes | None:
    """Read a file whole; None where there is none. Raises FileError."""
    try:
        return read_bytes(file, shown)
    except FileNotFoundError:
        return None


def current_hash(file: Path, shown: str) -> str | None:
    """Hash a file; None where there is none. Raises FileError."""
    return hash_of(current_bytes(file, shown))


def hash_of(data: bytes | None) -> str | None:
    return None if data is None else digest(data)


def _status(file: Path) -> os.stat_result | None:
    try:
        return os.stat(file)
    except FileNotFoundError:
        return None
