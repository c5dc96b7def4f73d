"""Where the journal of a root is, and what is pending there: all that a start without news has to import."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path


def journal_folder(root: Path) -> Path:
    """Return the folder of `root`'s runs, in `GREENMOD_STATE_DIR`, else the user's state folder. It need not exist."""
    key = sha256(os.fsencode(os.path.realpath(root))).hexdigest()[:24]
    if chosen := os.environ.get("GREENMOD_STATE_DIR"):
        return Path(chosen) / "journal" / key
    import platformdirs

    return Path(platformdirs.user_state_dir("greenmod", appauthor=False)) / "journal" / key


def pending_folder(folder: Path) -> Path:
    """Return where the runs that are not finished have their markers."""
    return folder / "pending"


def pending(folder: Path) -> list[int]:
    """List the runs that are not finished, whether somebody works on them or not."""
    try:
        return sorted(int(name) for name in os.listdir(pending_folder(folder)) if name.isdigit())
    except OSError:
        return []
