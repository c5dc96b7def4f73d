"""A copy of the project in which tests may do as they like: nothing they write can reach the original.

Files are cloned where the file system can, else copied; never hard-linked, through which a write in place would
reach the original. The copy holds what git would show, `.env` files and what the caller names. Outside of git it
holds everything but version control, environments and caches. Each run starts from the same tree: what the last one
left in it is taken back.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from pathlib import Path

from greenmod.errors import VerifyError
from greenmod.verify.copier import Copier
from greenmod.verify.marks import Mark, list_marks, mark_of
from greenmod.verify.temporary import open_folder, remove_leftovers

# The new bytes per path; None is a file that is deleted.
Files = Mapping[str, bytes | None]

_VERSION_CONTROL = (".git", ".hg", ".svn")
_CACHES = ("__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".tox", ".nox", "node_modules")
_NEVER = frozenset((*_VERSION_CONTROL, *_CACHES))
_ENV_FILES = (":(glob)**/.env", ":(glob)**/.env.*")


@dataclass(slots=True)
class Sandbox:
    """`tree` is the copy of `root`, `scratch` is for all else, `left_out` is what can't be read.

    `modes` are the permission bits of files that `root` lacks, where they are unusual.
    """

    root: Path
    tree: Path
    scratch: Path
    left_out: tuple[str, ...]
    _copier: Copier
    _marks: dict[str, Mark]  # how the tree stands when it is as it was copied
    modes: Mapping[str, int] = field(default_factory=dict)
    _aside: dict[str, Path] = field(default_factory=dict)  # what lies under the files that are shown

    def show(self, files: Files) -> None:
        """Make the tree what it was in the beginning, with `files` in it. Raises VerifyError, and OSError."""
        self._put_back()
        for path, data in files.items():
            self._lay(self._inside(path), data)

    def adopt_bytecode(self, changed: Collection[str]) -> None:
        """Keep what the last run compiled, as a part of the tree.

        Only of the tree's own files, and not of those that are `changed`: bytecode goes by a size and a second.
        """
        found = list_marks(self.tree)
        for path, mark in found.items():
            source = _source_of(path)
            if source in self._marks and source not in changed:
                folder = path.rpartition("/")[0]
                self._marks |= {folder: found[folder], path: mark}

    @property
    def paths(self) -> tuple[str, ...]:
        """The files of the tree as it was copied."""
        return tuple(path for path, mark in self._marks.items() if stat.S_ISREG(mark.mode))

    def add(self, paths: Collection[str]) -> bool:
        """Have those of `paths` in the tree, too, that `root` has; False if some were missing. Raises VerifyError."""
        missing = sorted(path for path in paths if path not in self._marks and (self.root / path).is_file())
        try:
            for path in missing:
                self._inside(path).parent.mkdir(parents=True, exist_ok=True)
                self._copier.copy(path)
        except OSError as error:
            raise unwritable(error) from error
        found = list_marks(self.tree) if missing else {}
        for path in missing:
            parts = path.split("/")
            names = ("/".join(parts[:end]) for end in range(1, len(parts) + 1))
            self._marks |= {name: found[name] for name in names if name in found and name not in self._marks}
        return not missing

    @property
    def fingerprint(self) -> str:
        """A hash that tells whether another sandbox holds the same: of the files' names, modes, sizes and times."""
        files = ((path, mark) for path, mark in sorted(self._marks.items()) if stat.S_ISREG(mark.mode))
        return sha256(repr([(path, mark.mode, mark.size, mark.modified) for path, mark in files]).encode()).hexdigest()

    def counterpart(self, path: str) -> str:
        """Return the place in the tree of a path in the root, and any other path as it is."""
        for root in {str(self.root), os.path.realpath(self.root)}:
            if path == root or path.startswith(root + os.sep):
                return f"{self.tree}{path[len(root) :]}"
        return path

    def _inside(self, path: str) -> Path:
        real = Path(os.path.realpath(self.tree / path))
        if not real.is_relative_to(self.tree):
            raise VerifyError(f"{path}: leads out of the repository through a link", "Leave the file out of the run.")
        return real

    def _put_back(self) -> None:
        self.tree.mkdir(exist_ok=True)
        found = list_marks(self.tree)
        if found == self._marks:
            return
        _remove_others(self.tree, found, self._marks)
        for path, mark in tuple(self._marks.items()):
            if found.get(path) == mark:
                continue
            if _source_of(path) is not None and not self._copier.has_copied(path):
                del self._marks[path]  # bytecode that a test removed: the next one does without
            else:
                self._marks[path] = self._restore(path, mark)

    def _restore(self, path: str, mark: Mark) -> Mark:
        place = self.tree / path
        if mark.is_folder:
            place.mkdir(exist_ok=True)
            place.chmod(stat.S_IMODE(mark.mode))
        elif path in self._aside:
            self._aside.pop(path).rename(place)
        else:
            self._copier.copy_again(path)
        return mark_of(place.lstat())

    def _lay(self, place: Path, data: bytes | None) -> None:
        """Have `data` at `place` under the mode of what was there, which is moved aside."""
        path = place.relative_to(self.tree).as_posix()
        if path in self._marks and path not in self._aside:
            aside = self.scratch / "aside" / str(len(self._aside))
            self._aside[path] = place.rename(aside)
        place.unlink(missing_ok=True)
        if data is None:
            return
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
        if path in self._marks:
            place.chmod(stat.S_IMODE(self._marks[path].mode))
        elif path in self.modes:
            place.chmod(self.modes[path])


@contextmanager
def open_sandbox(root: Path, include: Sequence[str] = ()) -> Iterator[Sandbox]:
    """Copy `root` into a temporary folder, which is removed in the end whatever happens. Raises VerifyError."""
    with ExitStack() as stack:
        try:
            remove_leftovers()
            folder = Path(os.path.realpath(stack.enter_context(open_folder())))
            # Some projects are imported by the name of their folder: it stays.
            tree, scratch = folder / "tree" / (root.resolve().name or "root"), folder / "scratch"
            tree.mkdir(parents=True)
            (scratch / "aside").mkdir(parents=True)
            copier = Copier(Path(os.path.realpath(root)), tree)
            left_out = _copy_tree(copier, list_tree(root, include))
            sandbox = Sandbox(root, tree, scratch, left_out, copier, list_marks(tree))
        except OSError as error:
            raise unwritable(error) from error
        yield sandbox


def unwritable(error: OSError) -> VerifyError:
    """Turn what the file system said while the sandbox was made or used into an error for people."""
    place = f"{error.filename}: " if error.filename else ""
    return VerifyError(
        f"{place}the sandbox for the tests can't be written: {error.strerror or error}",
        "Make room in the temporary folder, or name another one with TMPDIR.",
    )


def list_tree(root: Path, include: Sequence[str] = ()) -> tuple[str, ...]:
    """List what a sandbox of `root` holds, relative to it: files, links, and folders that may be empty; sorted."""
    shown = _ask_git(root, "--cached", "--others", "--exclude-standard") if (root / ".git").exists() else None
    if shown is None:
        return tuple(sorted(_walk(root)))
    named = _ask_git(root, "--others", "--", *_ENV_FILES, *include)
    if named is None:
        raise VerifyError(
            f"git can't list the ignored files that the tests need: {', '.join(include)}",
            "Correct `sandbox-include`: its entries are git pathspecs inside of the repository.",
        )
    found = {path.rstrip("/") for path in _without_environments(root, shown | named)}
    for path in tuple(found):
        if (root / path).is_dir() and not (root / path).is_symlink():  # a submodule, or a repository of its own
            found.update(f"{path}/{inner}" for inner in list_tree(root / path))
    return tuple(sorted(found))


def _ask_git(root: Path, *wanted: str) -> set[str] | None:
    """List files as git sees them; None where it can't say."""
    import subprocess

    try:
        done = subprocess.run(["git", "ls-files", "-z", *wanted], cwd=root, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return {os.fsdecode(name) for name in done.stdout.split(b"\0") if name}


def _without_environments(root: Path, paths: Iterable[str]) -> Iterator[str]:
    """Yield the paths that are there and lie in no environment and no cache."""

    @cache
    def is_left_out(folder: str) -> bool:
        above, _, name = folder.rpartition("/")
        if name in _NEVER or (root / folder / "pyvenv.cfg").exists():
            return True
        return bool(above) and is_left_out(above)

    for path in paths:
        folder = path.rstrip("/").rpartition("/")[0]
        if os.path.lexists(root / path) and not (folder and is_left_out(folder)):
            yield path


def _walk(root: Path) -> Iterator[str]:
    for folder, folders, files in os.walk(root):
        at = Path(folder)
        folders[:] = [name for name in folders if name not in _NEVER and not (at / name / "pyvenv.cfg").exists()]
        yield from ((at / name).relative_to(root).as_posix() for name in (*files, *folders) if name not in _NEVER)


def _copy_tree(copier: Copier, paths: Sequence[str]) -> tuple[str, ...]:
    """Copy `paths` and return those that can't be read. Raises OSError when the copy can't be written."""
    for folder in {(copier.tree / path).parent for path in paths}:
        folder.mkdir(parents=True, exist_ok=True)
    return tuple(path for path in paths if not copier.copy(path))


def _source_of(path: str) -> str | None:
    """Return the file that bytecode in `__pycache__` was made of; None for anything else."""
    folder, _, name = path.rpartition("/")
    above, _, last = folder.rpartition("/")
    if last != "__pycache__" or not name.endswith(".pyc"):
        return None
    return f"{above}/{name.partition('.')[0]}.py".lstrip("/")


def _remove_others(tree: Path, found: Mapping[str, Mark], wanted: Mapping[str, Mark]) -> None:
    """Remove what is in `tree` and not `wanted` as it is; a folder's mode is no reason."""
    removed = set()
    for path, mark in found.items():
        known = wanted.get(path)
        if path.rpartition("/")[0] in removed:
            removed.add(path)
        elif known is None or known.is_folder != mark.is_folder or not (mark.is_folder or mark == known):
            removed.add(path)
            if mark.is_folder:
                shutil.rmtree(tree / path)
            else:
                (tree / path).unlink()
