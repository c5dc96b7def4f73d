"""Which Python files a git work tree has, remembered by the stat of its index and of the folders that were read.

As long as none of these changed, no file can have come or gone; what git ignores is asked of git each time.
"""

from __future__ import annotations

import os
import sys
import time
from array import array
from collections.abc import Callable, Sequence
from pathlib import Path

from greenmod.discover import list_by_git
from greenmod.facts.cache import Cache, cache_key
from greenmod.facts.stats import forget_racy, stat_all
from greenmod.facts.worktree import Worktree, not_ignored, read_worktree

_INDEX = ".git/index"


def list_cached(root: Path, cache: Cache, clock: Callable[[], int] = time.time_ns) -> Sequence[str] | None:
    """Return the Python files that git lists, sorted; None where git can't say. `clock` tells nanoseconds."""
    if not _is_plain(root):
        return list_by_git(root)
    key = cache_key("listing", os.fsencode(root))
    known, stats = _load(cache.get(key))
    if known and stats == _stats(root, known) and not_ignored(root, known.untracked) == list(known.spared):
        return known.files
    began = clock()
    found = read_worktree(root)
    if found is None:
        return list_by_git(root)
    stats = _stats(root, found)
    forget_racy(stats, began)
    cache.put({key: _dump(found, stats)})
    return found.files


def _is_plain(root: Path) -> bool:
    """Tell whether a name is a file's only name here, and the index in its usual place.

    It is not in a linked work tree, nor while git makes a commit of some files and runs hooks.
    """
    is_exact = sys.platform not in ("win32", "darwin")  # where git folds case, or composes accents
    return is_exact and not os.environ.keys() & {"GIT_DIR", "GIT_INDEX_FILE"} and (root / _INDEX).is_file()


def _stats(root: Path, tree: Worktree) -> array[int]:
    return stat_all(root, (_INDEX, *tree.folders))


def _dump(tree: Worktree, stats: array[int]) -> bytes:
    groups = (tree.files, tree.folders, tree.untracked, tree.spared)
    text = os.fsencode("\0\0".join("\0".join(group) for group in groups))
    return b"%d\n" % len(text) + text + stats.tobytes()


def _load(data: bytes | None) -> tuple[Worktree | None, array[int]]:
    stats = array("q")
    if data is None:
        return None, stats
    size, _, body = data.partition(b"\n")
    try:
        files, folders, untracked, spared = (
            tuple(group.split("\0")) if group else () for group in os.fsdecode(body[: int(size)]).split("\0\0")
        )
        stats.frombytes(body[int(size) :])
    except ValueError:
        return None, stats  # written by another build of the same version: read again
    return Worktree(files, folders, untracked, spared), stats
