"""Which Python files a run is about: listed the way git sees them, else by walking.

Paths that leave the root through links are never listed for writing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import cached_property
from pathlib import Path

from greenmod.errors import UsageError

# What a walk outside git leaves out: environments, caches, vendored JavaScript. (In git, .gitignore decides.)
_NEVER = frozenset({"node_modules", "__pycache__", "site-packages", "venv", "env", "build", "dist"})
# What is left out even where it was committed.
_NOBODYS = ("node_modules/", "site-packages/", "__pycache__/")
# Ends of names that no Python file has: settings, requirements, prose. A script may have any other, or none.
_OTHERS = (
    *(".toml", ".ini", ".cfg", ".conf", ".txt", ".in", ".lock", "Pipfile"),
    *(".json", ".yaml", ".yml", ".md", ".rst", ".html", ".xml", ".csv"),
)


class Files:
    """The Python files that a run is about, listed when they are asked for; paths are relative to the root.

    `scope` are the given paths: folders, Python files of any name, and other files that may be changed as well.
    """

    def __init__(
        self,
        root: Path,
        scope: Sequence[str],
        exclude: Sequence[str] = (),
        by_git: Callable[[Path], Sequence[str] | None] | None = None,
    ) -> None:
        self._root = root
        self.scope = scope
        self._exclude = exclude
        self._by_git = by_git or list_by_git

    @cached_property
    def all(self) -> tuple[str, ...]:
        """Every Python file of the repository, sorted."""
        listed = self._by_git(self._root)
        return tuple(_without(self._exclude, sorted(_walk(self._root)) if listed is None else listed))

    @cached_property
    def chosen(self) -> tuple[str, ...]:
        """Those that may be changed, sorted."""
        if "." in self.scope:
            return self.all
        named = [path for path in self.scope if os.path.isfile(self._root / path)]
        folders = tuple(f"{path}/" for path in self.scope if path not in named)
        inside = [path for path in self.all if path.startswith(folders)] if folders else []
        return tuple(sorted({*inside, *_without(self._exclude, list(filter(is_python, named)))}))

    def covers(self, path: str) -> bool:
        """Tell whether a file may be changed, or made: of any kind, but a Python file that is there must be listed."""
        if path.endswith(".py") and os.path.lexists(self._root / path):
            return path in self._chosen
        is_inside = "." in self.scope or path.startswith(tuple(f"{folder}/" for folder in self.scope))
        return (is_inside or path in self.scope) and bool(_without(self._exclude, [path]))

    @cached_property
    def _chosen(self) -> frozenset[str]:
        return frozenset(self.chosen)


def resolve_paths(root: Path, paths: Sequence[Path]) -> tuple[str, ...]:
    """Return `paths` relative to `root`, in POSIX form (`.` for the root itself). Raises UsageError."""
    return tuple(_relative(root, path) for path in paths)


def is_python(path: str) -> bool:
    """Tell whether a file that someone named may be Python: unless its ending says otherwise."""
    return not path.endswith(_OTHERS)


def is_inside(path: str) -> bool:
    """Tell whether `path` is the plain name of a file below the root, and none of git's own."""
    parts = path.split("/")
    return all(parts) and not {".", "..", ".git"}.intersection(parts) and not os.path.isabs(path)


def link_target(root: Path, path: str) -> str | None:
    """Return where `path` leads if a link stands in its name or in a folder above it, below `root`; else None."""
    real = os.path.realpath(root / path)
    return None if real == os.path.join(os.path.realpath(root), *path.split("/")) else real


def uncommitted(root: Path, paths: Sequence[str]) -> tuple[str, ...]:
    """Return those of `paths` that git has uncommitted changes for; none outside git."""
    if not paths or not (root / ".git").exists():
        return ()
    changed = git(root, "--literal-pathspecs", "diff", "--name-only", "--no-relative", "-z", "HEAD", "--", *paths)
    return tuple(path for path in paths if path in (changed or ()))


def _relative(root: Path, path: Path) -> str:
    try:
        relative = Path(os.path.realpath(path)).relative_to(os.path.realpath(root))
    except ValueError as error:
        raise UsageError(
            f"{path}: lies outside the root {root}", "Give paths of one repository, and none that links lead out of it."
        ) from error
    return relative.as_posix()


def list_by_git(root: Path) -> list[str] | None:
    """Ask git for tracked and untracked-not-ignored Python files, sorted; None where git can't say."""
    if not (root / ".git").exists():
        return None
    names = git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "*.py")
    if names is None:
        return None
    return without_nobodys(sorted(set(names)))


def without_nobodys(names: list[str]) -> list[str]:
    """Leave out installed packages and caches, even where they were committed."""
    everything = "\0".join(names)
    for folder in _NOBODYS:
        if folder in everything:
            names = [name for name in names if f"/{folder}" not in f"/{name}"]
    return names


def git(root: Path, *arguments: str, given: str = "", codes: Collection[int] = (0,)) -> list[str] | None:
    """Return the names that a git command prints, given some; None where it fails."""
    import subprocess

    try:
        done = subprocess.run(["git", *arguments], cwd=root, input=os.fsencode(given), capture_output=True)
    except OSError:
        return None
    return os.fsdecode(done.stdout).split("\0")[:-1] if done.returncode in codes else None


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


def _without(exclude: Sequence[str], paths: Sequence[str]) -> Sequence[str]:
    if not exclude:
        return paths
    import pathspec

    try:
        spec = pathspec.GitIgnoreSpec.from_lines(exclude)
    except ValueError as error:
        raise UsageError(f"[tool.greenmod] exclude: {error}", "Write patterns as in .gitignore.") from error
    return [path for path in paths if not spec.match_file(path)]
