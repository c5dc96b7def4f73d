"""What the tests of diffs share: real repositories, and git as a user would call it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

Files = Mapping[str, bytes | None]


class Repository:
    """A git repository with one commit, in a folder of its own."""

    def __init__(self, root: Path, files: Files) -> None:
        self.root = root
        root.mkdir()
        self.git("init", "--quiet")
        self.put(files)
        self.commit()

    def put(self, files: Files) -> None:
        """Write files; None deletes one."""
        for path, data in files.items():
            file = self.root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            if data is None:
                file.unlink()
            else:
                file.write_bytes(data)

    def commit(self) -> None:
        who = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
        self.git("add", "--all")
        self.git(*who, "commit", "--quiet", "--allow-empty", "-m", "state")

    def git(self, *arguments: str) -> bytes:
        return subprocess.run(["git", *arguments], cwd=self.root, check=True, capture_output=True).stdout

    def diff(self, after: Files, *options: str) -> bytes:
        """Return what `git diff` prints when the work tree becomes `after`; the work tree is put back."""
        self.put(after)
        self.git("add", "--all")
        printed = self.git("diff", "--cached", "--binary", "--find-renames", *options)
        self.git("reset", "--quiet", "--hard")
        return printed


@pytest.fixture(autouse=True)
def _plain_git(monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")


@pytest.fixture
def repository(tmp_path: Path) -> Callable[[Files], Repository]:
    return lambda files: Repository(tmp_path / "repository", files)
