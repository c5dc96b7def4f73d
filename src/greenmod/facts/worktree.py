"""A git work tree looked into, so that a later start can tell without git that the same files are there.

git's own list of untracked files is what takes it longest, and it does not say where new ones could turn up. Here the
folders are read, and git is only asked what it tracks, and what it ignores of the rest.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

from greenmod.discover import git, without_nobodys

# Folders whose files are nobody's to change.
_UNSEEN = frozenset({".git", "node_modules", "site-packages", "__pycache__"})


@dataclass(frozen=True, slots=True)
class Worktree:
    """The Python `files` that git tracks, or neither tracks nor ignores, sorted; and what that follows from.

    `folders` were read. `untracked` are the Python files and the folders (with a slash at the end) in them that hold
    nothing tracked; git does not ignore those that are `spared`.
    """

    files: tuple[str, ...]
    folders: tuple[str, ...]
    untracked: tuple[str, ...]
    spared: tuple[str, ...]


def read_worktree(root: Path) -> Worktree | None:
    """Read the work tree at `root`; None where git can't answer."""
    listed = git(root, "ls-files", "-z", "--cached")
    if listed is None:
        return None
    tracked, holding = frozenset(listed), _folders(listed)
    folders: list[str] = []
    untracked: list[str] = []
    spared: list[str] = []
    waiting = [""]
    while waiting:
        found = _look_around(root, waiting, tracked, holding)
        spare = not_ignored(root, found.untracked)
        if spare is None:
            return None
        folders += found.folders
        untracked += found.untracked
        spared += spare
        waiting = [path for path in spare if path.endswith("/")]
    files = sorted(path for path in tracked.union(spared) if path.endswith(".py"))
    return Worktree(tuple(without_nobodys(files)), tuple(folders), tuple(untracked), tuple(spared))


def not_ignored(root: Path, untracked: Sequence[str]) -> list[str] | None:
    """Return those of `untracked` that git does not ignore; None where it can't answer."""
    if not untracked:
        return []
    answer = git(root, "check-ignore", "-z", "--stdin", given="\0".join(untracked), codes=(0, 1))
    ignored = frozenset(answer or ())
    return None if answer is None else [path for path in untracked if path not in ignored]


@dataclass(frozen=True, slots=True)
class _Found:
    folders: list[str]
    untracked: list[str]


def _folders(paths: Iterable[str]) -> Set[str]:
    """Return every folder above `paths`, the root left out."""
    found: set[str] = set()
    for folder in {path.rpartition("/")[0] for path in paths}:
        while folder and f"{folder}/" not in found:
            found.add(f"{folder}/")
            folder = folder.rpartition("/")[0]
    return found


def _look_around(root: Path, waiting: Sequence[str], tracked: Set[str], holding: Set[str]) -> _Found:
    """Read folders, and below them those that hold tracked files."""
    found = _Found([], [])
    stack = list(waiting)
    while stack:
        folder = stack.pop()
        found.folders.append(folder or ".")
        if folder and folder not in holding and os.path.lexists(f"{root}{os.sep}{folder}.git"):
            continue  # a repository of its own
        try:
            entries = os.scandir(f"{root}{os.sep}{folder}")
        except OSError:
            continue  # tracked, and deleted; or not ours to read
        with entries:
            for entry in entries:
                path = folder + entry.name
                if entry.is_dir(follow_symlinks=False):
                    if f"{path}/" in holding:
                        stack.append(f"{path}/")
                    elif entry.name not in _UNSEEN and path not in tracked:  # a submodule is tracked as such
                        found.untracked.append(f"{path}/")
                elif path.endswith(".py") and path not in tracked:
                    found.untracked.append(path)
    return found
