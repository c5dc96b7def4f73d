"""Temporary folders that don't outlive their process for long: what a killed one left behind, the next one removes.

Each holds a claim, which is locked as long as its process lives. Only folders with a claim that nobody holds are
removed, and only the user's own.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from greenmod.journal.claim import claim, seize
from greenmod.verify.marks import list_marks

_PREFIX = "greenmod-"
_CLAIM = "claim"


@contextmanager
def open_folder() -> Iterator[Path]:
    """Make an empty folder, which is removed in the end whatever happens. Raises OSError."""
    with ExitStack() as stack:
        above = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True)))
        with suppress(OSError):  # a file system without locks
            stack.callback(os.close, _claim(above))
        # A folder of its own is removed before the claim is: it can't be left without one.
        yield Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="", dir=above, ignore_cleanup_errors=True)))


def remove_leftovers() -> None:
    """Remove the folders of this user's dead processes."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):  # another process removes it
            if _is_own(folder) and (held := seize(folder / _CLAIM, 1)):
                list_marks(folder)  # opens what is closed
                for inside in folder.iterdir():
                    if inside.name != _CLAIM:  # which goes last: this process can be killed as well
                        shutil.rmtree(inside, ignore_errors=True)
                shutil.rmtree(folder, ignore_errors=True)
                os.close(held.descriptor)


def _claim(folder: Path) -> int:
    """Claim `folder` and return what is locked; it has its name once it is, so that nobody can be faster."""
    making = folder / f"{_CLAIM}-made"
    making.mkdir()
    descriptor = claim(making, 1).descriptor
    making.rename(folder / _CLAIM)
    return descriptor


def _is_own(folder: Path) -> bool:
    status = folder.lstat()
    return (
        (folder / _CLAIM).is_dir()
        and not folder.is_symlink()
        and (sys.platform == "win32" or status.st_uid == os.getuid())
    )
