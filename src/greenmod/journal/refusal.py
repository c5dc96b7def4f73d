"""The border of one file: what goes wrong with it becomes its Problem, and the run goes on."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

from greenmod.errors import FileError
from greenmod.model import Problem

DISK_FULL = "disk-full"
_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}

_P = ParamSpec("_P")
_R = TypeVar("_R")


def attempt(path: str, action: Callable[_P, _R], *args: _P.args, **kwargs: _P.kwargs) -> _R | Problem:
    """Return what `action` returns, or the Problem of `path` that it met."""
    try:
        return action(*args, **kwargs)
    except FileError as error:
        return Problem(path, error.line, error.kind, f"{error.reason}. {error.remedy}".strip())
    except OSError as error:
        if error.errno in _FULL:
            return Problem(
                path, 1, DISK_FULL, "the disk is full; left as it is. Free some space and run greenmod again."
            )
        reason = error.strerror or str(error)
        return Problem(
            path, 1, "unwritable", f"can't be written: {reason}. Check the disk and its folder's permissions."
        )


def without_journal(path: str, folder: Path, error: OSError) -> Problem:
    """Return the Problem of a file that was not written because what it held could not be kept."""
    reason = f"the undo journal in {folder} can't be written: {error.strerror or error}; nothing was changed"
    return Problem(
        path, 1, "journal", f"{reason}. Free some space there, or name another folder in GREENMOD_STATE_DIR."
    )
