"""What the journal's tests share: a repository to write in, a state folder of its own, and pictures of trees."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

# What a path is: permission bits and bytes of a file, where a link leads, None for a folder.
Picture = dict[str, tuple[int, bytes] | str | None]


def take_picture(root: Path) -> Picture:
    """Describe everything under `root`."""
    return {path.relative_to(root).as_posix(): _describe(path) for path in sorted(root.rglob("*"))}


def _describe(path: Path) -> tuple[int, bytes] | str | None:
    if path.is_symlink():
        return os.readlink(path)
    if path.is_dir():
        return None
    return stat.S_IMODE(path.stat().st_mode), path.read_bytes()


@pytest.fixture
def picture() -> Callable[[Path], Picture]:
    return take_picture


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "state"
    monkeypatch.setenv("GREENMOD_STATE_DIR", str(folder))
    return folder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository of three files."""
    folder = tmp_path / "repository"
    (folder / "pkg").mkdir(parents=True)
    (folder / "pkg" / "a.py").write_bytes(b"a = 1\r\n")
    (folder / "pkg" / "b.py").write_bytes(b"b = 1")
    (folder / "c.py").write_bytes(b"\xef\xbb\xbfc = 1\n")
    return folder
