"""A copy of the project in which tests may do as they like: nothing they write can reach the original.

Files are cloned where the file system can, else copied; never hard-linked, through which a write in place would
reach the original. The copy holds what git would show, `.env` files and what the caller names. Outside of git it
holds everything but version control, environments and caches.
"""

from __future__ import annotations

import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from greenmod.errors import VerifyError

# The new bytes per path; None is a file that is deleted.
Files = Mapping[str, bytes | None]

_VERSION_CONTROL = (".git", ".hg", ".svn")
_CACHES = ("__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".tox", ".nox", "node_modules")
_NEVER = frozenset((*_VERSION_CONTROL, *_CACHES))
_ENV_FILES = (":(glob)**/.env", ":(glob)**/.env.*")
_FICLONE = 0x40049409  # ioctl_ficlone(2)


@dataclass(slots=True)
class Sandbox:
    """`tree` is the copy of `root`, `scratch` is for all else, `left_out` is what can't be read."""

    root: Path
    tree: Path
    scratch: Path
    left_out: tuple[str, ...] = ()
    _originals: dict[str, bytes | None] = field(default_factory=dict)

    def show(self, files: Files) -> None:
        """Put `files` into the tree, and the original ones back in place of those shown before."""
        for path in files:
            if path not in self._originals:
                self._originals[path] = _read(self._inside(path))
        for path, original in self._originals.items():
            _replace(self._inside(path), files.get(path, original))

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


@contextmanager
def open_sandbox(root: Path, include: Sequence[str] = ()) -> Iterator[Sandbox]:
    """Copy `root` into a temporary folder, which is removed in the end whatever happens. Raises VerifyError."""
    with ExitStack() as stack:
        try:
            temporary = tempfile.TemporaryDirectory(prefix="greenmod-", ignore_cleanup_errors=True)
            folder = Path(os.path.realpath(stack.enter_context(temporary)))
            # Some projects are imported by the name of their folder: it stays.
            sandbox = Sandbox(root, folder / "tree" / (root.resolve().name or "root"), folder / "scratch")
            sandbox.scratch.mkdir()
            sandbox.tree.mkdir(parents=True)
            sandbox.left_out = _copy_tree(Path(os.path.realpath(root)), sandbox.tree, list_tree(root, include))
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


def _copy_tree(root: Path, tree: Path, paths: Sequence[str]) -> tuple[str, ...]:
    """Copy `paths` and return those that can't be read. Raises OSError when the copy can't be written."""
    left_out = []
    can_clone = True
    for folder in {(tree / path).parent for path in paths}:
        folder.mkdir(parents=True, exist_ok=True)
    for path in paths:
        source, target = root / path, tree / path
        mode = source.lstat().st_mode
        if stat.S_ISLNK(mode):
            target.symlink_to(_link_target(root, tree, source), target_is_directory=source.is_dir())
        elif stat.S_ISDIR(mode):
            target.mkdir(exist_ok=True)
        elif not stat.S_ISREG(mode) or not os.access(source, os.R_OK):
            left_out.append(path)
        else:
            can_clone = can_clone and _clone(source, target)
            if not can_clone:
                shutil.copyfile(source, target)
            shutil.copystat(source, target)
    return tuple(left_out)


def _link_target(root: Path, tree: Path, link: Path) -> str:
    """Return what the copy of `link` holds: the same, but it neither breaks nor leads back into the original."""
    target = os.readlink(link)
    real = Path(os.path.realpath(link))
    if not real.is_relative_to(root):
        return os.path.join(link.parent, target)
    return str(tree / real.relative_to(root)) if os.path.isabs(target) else target


def _clone(source: Path, target: Path) -> bool:
    """Copy by sharing blocks until one side writes; False where the file system can't."""
    if sys.platform != "linux":
        return False
    import fcntl

    with source.open("rb") as reading, target.open("wb") as writing:
        try:
            fcntl.ioctl(writing.fileno(), _FICLONE, reading.fileno())
        except OSError:
            return False
    return True


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _replace(path: Path, data: bytes | None) -> None:
    """Give `path` new content under its mode; a new file takes the place of the old, so that no mode forbids it."""
    mode = path.stat().st_mode if path.exists() else None
    path.unlink(missing_ok=True)
    if data is None:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    if mode is not None:
        path.chmod(stat.S_IMODE(mode))
