"""Copies of the project's files: cloned where the file system can, never linked to the original."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from dataclasses import dataclass, field
from pathlib import Path

from greenmod.errors import VerifyError

_FICLONE = 0x40049409  # ioctl_ficlone(2)


@dataclass(slots=True)
class Copier:
    """Copies entries of `root`, a real path, to the same place in `tree`. Paths are relative, POSIX."""

    root: Path
    tree: Path
    _seen: dict[str, tuple[int, int]] = field(default_factory=dict)
    _can_clone: bool = sys.platform == "linux"

    def copy(self, path: str) -> bool:
        """Copy one entry, into a folder that is there; False if it can't be read. Raises OSError."""
        source, target = self.root / path, self.tree / path
        status = source.lstat()
        if stat.S_ISDIR(status.st_mode):
            target.mkdir(exist_ok=True)
            return True
        self._seen[path] = (status.st_size, status.st_mtime_ns)
        if stat.S_ISLNK(status.st_mode):
            target.symlink_to(_link_target(self.root, self.tree, source), target_is_directory=source.is_dir())
        elif not stat.S_ISREG(status.st_mode) or not os.access(source, os.R_OK):
            return False
        else:
            self._can_clone = self._can_clone and _clone(source, target)
            if not self._can_clone:
                shutil.copyfile(source, target)
            shutil.copystat(source, target)
        return True

    def has_copied(self, path: str) -> bool:
        """Tell whether a file or link is one of the original's."""
        return path in self._seen

    def copy_again(self, path: str) -> None:
        """Copy a file or link once more, if it is what it was the first time. Raises VerifyError if it is not."""
        seen = self._seen.get(path)
        try:
            is_there = self.copy(path)
            status = (self.root / path).lstat()
        except FileNotFoundError:
            is_there = False
        if not is_there or seen != (status.st_size, status.st_mtime_ns):
            raise VerifyError(f"{path}: changed while the tests ran, which need it as it was", "Run greenmod again.")


def _link_target(root: Path, tree: Path, link: Path) -> str:
    """Return what the copy of `link` holds: the same, but it neither breaks nor leads back into the original."""
    target = os.readlink(link)
    real = Path(os.path.realpath(link))
    if not real.is_relative_to(root):
        return os.path.join(link.parent, target)
    return str(tree / real.relative_to(root)) if os.path.isabs(target) else target


def _clone(source: Path, target: Path) -> bool:
    """Copy by sharing blocks until one side writes; False where the file system can't."""
    if sys.platform != "linux":
        return False
    import fcntl

    with source.open("rb") as reading, target.open("wb") as writing:
        try:
            fcntl.ioctl(writing.fileno(), _FICLONE, reading.fileno())
        except OSError:
            return False
    return True
