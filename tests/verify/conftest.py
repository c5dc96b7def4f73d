"""What the loop's tests share: small projects with changes made by hand, verified by real pytest."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from greenmod.model import Change, ChangeSet, Edit, Safety
from greenmod.verify import Suite, Verification, verify

PYTHON = Path(sys.executable)


@pytest.fixture(scope="module")
def bare_environment() -> Iterator[None]:
    """Start the child processes without what the environment of this test run would add to them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        for name in ("PYTEST_ADDOPTS", "PYTHONPATH", "VIRTUAL_ENV"):
            patch.delenv(name, raising=False)
        yield


class Project:
    """A folder of files and the changes that are proposed for it."""

    def __init__(self, root: Path, files: Mapping[str, str]) -> None:
        self.root = root
        self.changes: list[Change] = []
        self.told: list[str] = []
        self.under_way: list[tuple[str, int | None]] = []
        self.advanced = 0
        for path, text in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)

    def propose(self, id: str, path: str, old: str, new: str, requires: tuple[str, ...] = ()) -> None:
        """Add the change that replaces the only `old` in `path`."""
        text = (self.root / path).read_text()
        assert text.count(old) == 1
        start = text.index(old)
        edit = Edit(path, start, start + len(old), new)
        self.changes.append(Change(id, "by-hand", id, "for the test", Safety.SAFE, (edit,), requires=requires))

    def render(self, ids: frozenset[str]) -> dict[str, bytes | None]:
        edits = sorted((edit for change in self.changes if change.id in ids for edit in change.edits), reverse=True)
        texts: dict[str, str] = {}
        for edit in edits:
            text = texts.get(edit.path) or (self.root / edit.path).read_text()
            texts[edit.path] = text[: edit.start] + edit.text + text[edit.end :]
        return {path: text.encode() for path, text in texts.items()}

    def verify(self, *pytest_args: str, python: Path = PYTHON, cheap: float = 0.0, **settings: Any) -> Verification:
        changes = ChangeSet(changes=tuple(self.changes))
        suite = Suite(self.root, python=python, pytest_args=pytest_args, cheap=cheap, **settings)
        return verify(suite, changes, changes.ids, self.render, self)

    def tell(self, sentence: str) -> None:
        self.told.append(sentence)

    def begin(self, stage: str, total: int | None) -> None:
        self.under_way.append((stage, total))

    def advance(self, count: int = 1) -> None:
        self.advanced += count


Make = Callable[[Mapping[str, str]], Project]


@pytest.fixture(scope="module")
def project_at(bare_environment: None) -> Callable[[Path, Mapping[str, str]], Project]:
    return Project


@pytest.fixture
def make(bare_environment: None, tmp_path: Path) -> Make:
    def make(files: Mapping[str, str]) -> Project:
        return Project(tmp_path / "shop", files)

    return make
