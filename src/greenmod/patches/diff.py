"""`--diff`: what a patch makes of the work tree. `git apply` parses it, and applies it to copies of the files it names.

So whatever git reads is read: renames, modes, new files, binary ones, quoted names, mails.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from greenmod.discover import is_inside, link_target
from greenmod.errors import UsageError
from greenmod.patches.git import GitError, apart, names, run_git
from greenmod.patches.hunks import Origin, make_patch
from greenmod.patches.patch import Patch
from greenmod.patches.states import compare, read_states
from greenmod.source import read_bytes

_NAME = "diff"


def read_diff(root: Path, data: bytes, shown: str) -> Patch:
    """Return what the diff `data`, named `shown`, makes of the files under `root`; an empty plan of an empty diff.

    Raises UsageError, FileError.
    """
    with tempfile.TemporaryDirectory(prefix="greenmod-") as name:
        copies = Path(os.path.realpath(name)) / "copies"
        copies.mkdir()
        paths = _paths(copies, data, shown) if data.strip() else set()
        folders = {path for path in paths if (root / path).is_dir()}  # submodules, as a rule
        for path in paths - folders:
            _copy(root, path, copies)
        before = read_states(copies, paths - folders)
        if before:
            _apply(root, copies, data, shown, folders)
        after = read_states(copies, paths - folders)
    of_folders = read_states(root, folders)
    difference = compare({**before, **of_folders}, {**after, **of_folders}, _NAME)
    return make_patch(difference, Origin(_NAME, f"from {shown}"))


def _paths(copies: Path, data: bytes, shown: str) -> set[str]:
    """Return every file that a diff names; read backwards it tells the old names."""
    paths: set[str] = set()
    try:
        for direction in ((), ("--reverse",)):
            printed = run_git(copies, "apply", "--numstat", "-z", *direction, given=data, env=apart(copies))
            paths.update(entry.split("\t", 2)[2] for entry in names(printed))
    except GitError as error:
        remedy = "Give what `git diff` prints, or compare with a commit instead: `--against REV`."
        raise UsageError(f"{shown}: git can't read it as a diff: {error}", remedy) from error
    for path in sorted(paths):
        if not is_inside(path):
            raise UsageError(f"{shown}: {path} lies outside of the repository", "Leave it out of the diff.")
    return paths


def _copy(root: Path, path: str, copies: Path) -> None:
    """Copy a file if it is there, a link as a link. Raises UsageError where a folder above is one, as git would."""
    source, target = root / path, copies / path
    above = os.path.dirname(path)
    if above and (real := link_target(root, above)) is not None:
        raise UsageError(f"{path}: {above} is a link to {real}", "Let the diff name the file by its own path.")
    if not os.path.lexists(source):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_symlink():
        target.symlink_to(os.readlink(source))
    else:
        target.write_bytes(read_bytes(source, path))
        shutil.copymode(source, target)


def _apply(root: Path, copies: Path, data: bytes, shown: str, folders: Iterable[str]) -> None:
    """Apply a diff to the copies, with the repository's settings for line ends, and to nothing else."""
    left_out = (f"--exclude={_literal(path)}" for path in sorted(folders))
    try:
        run_git(copies, "apply", "--whitespace=nowarn", *left_out, given=data, env=_settings(root, copies))
    except GitError as error:
        raise UsageError(
            f"{shown}: does not apply: {error}",
            f"Its paths are taken from {root}. If the work tree holds these changes already, name the commit without "
            "them instead: `--against REV`.",
        ) from error


def _settings(root: Path, copies: Path) -> dict[str, str]:
    """Return the variables under which git takes the copies for the repository's work tree."""
    if not (root / ".git").exists():
        return apart(copies)
    folder = os.fsdecode(run_git(root, "rev-parse", "--absolute-git-dir")).removesuffix("\n")
    return {"GIT_DIR": folder, "GIT_WORK_TREE": str(copies)}


def _literal(path: str) -> str:
    """Return the pattern that matches `path` alone."""
    return "".join(f"\\{char}" if char in "\\*?[" else char for char in path)
