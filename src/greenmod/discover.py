"""Which Python files a run is about: listed the way git sees them, else by walking.

Paths that leave the root through links are never listed for writing.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from greenmod.errors import UsageError

# What a walk outside git leaves out: environments, caches, vendored JavaScript. (In git, .gitignore decides as well.)
_NEVER = frozenset({"node_modules", "__pycache__", "site-packages", "venv", "env", "build", "dist"})


@dataclass(frozen=True, slots=True)
class Files:
    """`all` Python files under the root, and the `chosen` among them (or beside them) that may be changed; sorted."""

    all: tuple[str, ...]
    chosen: tuple[str, ...]


def resolve_paths(root: Path, paths: Sequence[Path]) -> tuple[str, ...]:
    """Return `paths` relative to `root`, in POSIX form (`.` for the root itself). Raises UsageError."""
    return tuple(_relative(root, path) for path in paths)


def discover(root: Path, scope: Sequence[str], exclude: Sequence[str] = ()) -> Files:
    """List the Python files of `root`; `scope` are paths relative to it, files of any name among them."""
    listed = _from_git(root)
    everything = sorted(_walk(root) if listed is None else listed)
    everything = _without(exclude, everything)
    if "." in scope:
        return Files(tuple(everything), tuple(everything))
    folders = tuple(f"{path}/" for path in scope)
    named = {path for path in scope if (root / path).is_file()}
    inside = {path for path in everything if path.startswith(folders)} if folders else set()
    return Files(tuple(everything), tuple(sorted({*inside, *_without(exclude, sorted(named))})))


def link_target(root: Path, path: str) -> str | None:
    """Return where `path` leads if a link stands in its name or in a folder above it, below `root`; else None."""
    real = os.path.realpath(root / path)
    return None if real == os.path.join(os.path.realpath(root), *path.split("/")) else real


def uncommitted(root: Path, paths: Sequence[str]) -> tuple[str, ...]:
    """Return those of `paths` that git has uncommitted changes for; none outside git."""
    if not paths or not (root / ".git").exists():
        return ()
    changed = _git(root, "diff", "--name-only", "--no-relative", "-z", "HEAD")
    return tuple(path for path in paths if path in (changed or ()))


def _relative(root: Path, path: Path) -> str:
    if not path.exists():
        raise UsageError(f"{path}: no such file or folder", "Check the path; it is taken from the current folder.")
    try:
        relative = Path(os.path.realpath(path)).relative_to(os.path.realpath(root))
    except ValueError as error:
        raise UsageError(
            f"{path}: lies outside the root {root}", "Give paths of one repository, and none that links lead out of it."
        ) from error
    return relative.as_posix()


def _from_git(root: Path) -> set[str] | None:
    """Ask git for tracked and untracked-not-ignored Python files; None where git can't say."""
    if not (root / ".git").exists():
        return None
    names = _git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "*.py")
    if names is None:
        return None
    doubtful = {name for name in names if not _NEVER.isdisjoint(name.split("/")[:-1])}
    return (names - doubtful) | {name for name in doubtful if not _is_environment(root, name)}


def _git(root: Path, *arguments: str) -> set[str] | None:
    """Return the names that a git command prints; None where it fails."""
    import subprocess

    try:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return {os.fsdecode(name) for name in done.stdout.split(b"\0") if name}


def _is_environment(root: Path, name: str) -> bool:
    """Tell whether a tracked file lies in a committed environment or in installed packages."""
    parts = name.split("/")[:-1]
    if {"node_modules", "site-packages", "__pycache__"}.intersection(parts):
        return True
    return any((root / "/".join(parts[: depth + 1]) / "pyvenv.cfg").is_file() for depth in range(len(parts)))


def _walk(root: Path) -> Iterable[str]:
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(
            name
            for name in folders
            if name not in _NEVER
            and not name.startswith(".")
            and not os.path.exists(os.path.join(folder, name, "pyvenv.cfg"))
        )
        relative = os.path.relpath(folder, root).replace(os.sep, "/")
        prefix = "" if relative == "." else f"{relative}/"
        yield from (prefix + name for name in files if name.endswith(".py"))


def _without(exclude: Sequence[str], paths: list[str]) -> list[str]:
    if not exclude:
        return paths
    import pathspec

    spec = pathspec.PathSpec.from_lines("gitwildmatch", exclude)
    return [path for path in paths if not spec.match_file(path)]
