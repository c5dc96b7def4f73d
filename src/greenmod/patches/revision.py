"""`--against`: what the work tree is, compared with a commit.

A file before is what git would check out, so that filters and line ends are those of the work tree.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from greenmod.errors import UsageError
from greenmod.patches.git import GitError, names, run_git
from greenmod.patches.hunks import Origin, make_patch
from greenmod.patches.patch import Patch
from greenmod.patches.states import State, compare, read_states
from greenmod.verify import list_tree

_NAME = "work-tree"


def read_revision(root: Path, revision: str) -> Patch:
    """Return what the work tree makes of the files of `revision`, untracked files included that git does not ignore.

    Raises UsageError, FileError.
    """
    tree = _find_tree(root, revision)
    try:
        paths = _differing(root, tree) | _untracked(root)
        before = _check_out(root, tree, paths)
    except GitError as error:
        raise UsageError(f"{revision}: git can't compare the work tree with it: {error}") from error
    difference = compare(before, read_states(root, paths), _NAME)
    return make_patch(difference, Origin(_NAME, f"the work tree differs from {revision}"))


def _find_tree(root: Path, revision: str) -> str:
    if not (root / ".git").exists():
        remedy = "Run it in a repository, or give a diff instead: `--diff FILE`."
        raise UsageError(f"{root}: is not a git repository: it has no {revision}", remedy)
    try:
        return run_git(root, "rev-parse", "--verify", "--quiet", f"{revision}^{{tree}}").decode().strip()
    except GitError as error:
        said = f": {error}" if str(error) else ""
        remedy = "Name a commit, a branch or a tag; a shallow clone may lack it: `git fetch --unshallow`."
        raise UsageError(f"{revision}: git knows no such revision{said}", remedy) from error


def _differing(root: Path, tree: str) -> set[str]:
    printed = run_git(root, "diff-index", "--name-only", "--no-renames", "-z", tree, "--")
    return set(names(printed))


def _untracked(root: Path) -> set[str]:
    """Return untracked files and repositories, but no environments and caches, which the sandbox leaves out as well."""
    found = set(names(run_git(root, "ls-files", "-z", "--others", "--exclude-standard")))
    return {path.rstrip("/") for path in found} & set(list_tree(root)) if found else set()


def _check_out(root: Path, tree: str, paths: Iterable[str]) -> dict[str, State]:
    """Read what `paths` were in a tree, from a folder and an index apart from the user's."""
    with tempfile.TemporaryDirectory(prefix="greenmod-") as name:
        folder = Path(os.path.realpath(name))
        env = {"GIT_INDEX_FILE": str(folder / "index")}
        run_git(root, "read-tree", tree, env=env)
        known = set(paths).intersection(names(run_git(root, "ls-files", "-z", env=env)))
        given = b"".join(os.fsencode(path) + b"\0" for path in sorted(known))
        prefix = f"--prefix={folder / 'files'}/"
        run_git(root, "checkout-index", "--quiet", "-z", "--stdin", prefix, given=given, env=env)
        (folder / "files").mkdir(exist_ok=True)
        return read_states(folder / "files", paths)
