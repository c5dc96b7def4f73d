"""Small repositories to ask about."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from greenmod.facts.objects.objects import Objects
from greenmod.facts.project import Environment, Project

Repository = Callable[..., Objects]


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """Write files, and return Objects over them. `libraries` are written to the environment `.venv`."""

    def make(files: Mapping[str, str], libraries: Mapping[str, str] | None = None) -> Objects:
        for path, text in files.items():
            _write(tmp_path / path, text)
        packages = tmp_path / ".venv" / "lib" / "python3.12" / "site-packages"
        _write(tmp_path / ".venv" / "pyvenv.cfg", "home = /nowhere\n")
        packages.mkdir(parents=True)
        for path, text in (libraries or {}).items():
            _write(packages / path, text)

        def search(words: Sequence[str]) -> Mapping[str, frozenset[str]]:
            hits = {path: frozenset(word for word in words if word in text) for path, text in files.items()}
            return {path: found for path, found in hits.items() if found}

        paths = sorted(path for path in files if path.endswith(".py"))
        project = Project(tmp_path, paths, {}, lambda path: None, search, environment=Environment())
        return project.objects()

    return make


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
