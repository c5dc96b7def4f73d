"""Which new file is an old one under another name. Git judges, as it does for `git diff`."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

from greenmod.patches.git import apart, names, run_git

_RENAMED = re.compile(r":\d+ \d+ \w+ \w+ R\d+")


def find_renames(removed: Mapping[str, bytes], added: Mapping[str, bytes]) -> dict[str, str]:
    """Map the new names to the old ones; an empty file is like any other, so it is never a rename."""
    if not any(removed.values()) or not any(added.values()):
        return {}
    with tempfile.TemporaryDirectory(prefix="greenmod-") as name:
        folder = Path(name)
        for side, files in (("old", removed), ("new", added)):
            for path, data in files.items():
                if not data:
                    continue
                file = folder / side / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(data)
        return _ask_git(folder)


def _ask_git(folder: Path) -> dict[str, str]:
    options = ("--no-index", "--raw", "-z", "--find-renames", "--no-ext-diff", "--diff-filter=R")
    printed = run_git(folder, "diff", *options, "old", "new", env=apart(folder), codes=(0, 1))
    fields = iter(names(printed))
    pairs = ((next(fields), next(fields)) for field in fields if _RENAMED.match(field))
    return {new.removeprefix("new/"): old.removeprefix("old/") for old, new in pairs}
