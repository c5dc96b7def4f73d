"""A public history, read with git: which commits touch mocks, and a commit's tree with the tests of its parent."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

_TEST = re.compile(r"(^|/)(tests?|testing)/|(^|/)test_[^/]*$|_tests?\.py$|(^|/)conftest\.py$")
_READ = (".py", ".pyi", ".toml", ".cfg", ".ini", ".txt")
_NAMED = ("py.typed", "Pipfile", ".gitignore")
_IDENTITY = ("-c", "user.name=benchmark", "-c", "user.email=benchmark@localhost")


def is_test(path: str) -> bool:
    """Tell by its name whether a Python file belongs to the tests."""
    return path.endswith(".py") and bool(_TEST.search(path))


@dataclass(frozen=True, slots=True)
class Touched:
    """A file that a commit touched: `status` is git's letter, `old` its path in the parent."""

    status: str
    old: str
    path: str


@dataclass(frozen=True, slots=True)
class History:
    """A git directory, which is only read."""

    folder: Path

    def commits(self, words: str) -> tuple[str, ...]:
        """Return the commits, newest first, of which a line in a Python file has one of `words` (a pattern)."""
        return tuple(self._git("log", "--no-merges", "--format=%H", f"-G{words}", "--", "*.py").split())

    def full(self, commit: str) -> str:
        return self._git("rev-parse", "--verify", f"{commit}^{{commit}}").strip()

    def title(self, commit: str) -> str:
        """Return the date and the subject."""
        return self._git("log", "-1", "--date=short", "--format=%ad %s", commit).strip()

    def touched(self, commit: str) -> tuple[Touched, ...]:
        rows = self._git("diff-tree", "-r", "-M", "--name-status", "-z", f"{commit}^", commit).split("\0")
        found, at = [], 0
        while at + 1 < len(rows):
            is_moved = rows[at][0] in "RC"
            found.append(Touched(rows[at][0], rows[at + 1], rows[at + 1 + is_moved]))
            at += 2 + is_moved
        return tuple(found)

    def blob(self, commit: str, path: str) -> bytes | None:
        """Return what a file held; None where there was none, or where the copy of the history lacks it."""
        command = ["git", f"--git-dir={self.folder}", "cat-file", "blob", f"{commit}:{path}"]
        done = subprocess.run(command, capture_output=True)
        return done.stdout if done.returncode == 0 else None

    def unpack(self, commit: str, folder: Path) -> None:
        """Make a work tree of the Python files and settings of `commit`, with the test files of its parent.

        A test file that the commit added is left out, one that it removed is there again. The subject of the tree's one
        commit is the full name of `commit`.
        """
        shutil.rmtree(folder, ignore_errors=True)
        revised = [one for one in self.touched(commit) if is_test(one.path) or is_test(one.old)]
        for path, data in self._files(commit):
            _write(folder / path, data)
        for one in revised:
            (folder / one.path).unlink(missing_ok=True)
        for one in revised:
            earlier = None if one.status == "A" else self.blob(f"{commit}^", one.old)
            if earlier is not None:
                _write(folder / one.old, earlier)
        for command in (("init", "--quiet"), ("add", "--all", "--force"), ("commit", "--quiet", "--message", commit)):
            subprocess.run(["git", *_IDENTITY, *command], cwd=folder, check=True, capture_output=True)

    def _files(self, commit: str) -> Iterator[tuple[str, bytes]]:
        rows = self._git("ls-tree", "-r", "-z", "--full-tree", commit).split("\0")[:-1]
        listed = [row.partition("\t")[::2] for row in rows]
        kept = [(path, meta.split()[2]) for meta, path in listed if _is_read(path) and meta.startswith("100")]
        yield from zip([path for path, _ in kept], self._blobs([name for _, name in kept]), strict=True)

    def _blobs(self, names: Sequence[str]) -> Iterator[bytes]:
        """Yield contents by git's names for them; nothing for one that the copy of the history lacks."""
        asked = "".join(f"{name}\n" for name in names).encode()
        command = ["git", f"--git-dir={self.folder}", "cat-file", "--batch"]
        rest = memoryview(subprocess.run(command, input=asked, check=True, stdout=subprocess.PIPE).stdout)
        at = 0
        for _ in names:
            end = at + bytes(rest[at : at + 200]).index(b"\n")
            head = bytes(rest[at:end]).split()
            size = 0 if head[1] == b"missing" else int(head[2]) + 1
            yield bytes(rest[end + 1 : end + max(size, 1)])
            at = end + 1 + size

    def _git(self, *arguments: str) -> str:
        command = ["git", f"--git-dir={self.folder}", *arguments]
        return subprocess.run(command, check=True, capture_output=True).stdout.decode(errors="surrogateescape")


def _is_read(path: str) -> bool:
    return path.endswith(_READ) or PurePosixPath(path).name in _NAMED


def _write(file: Path, data: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
