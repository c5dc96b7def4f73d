"""The whole job on the sample application: what `greenmod demo` plays, with every figure checked."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from greenmod.registry import fixtures_folder

BYSTANDER = "tests/test_shipping.py::test_sends_an_order_of_exactly_fifty_for_free"


@pytest.fixture
def bookshop(tmp_path: Path) -> Path:
    folder = tmp_path / "bookshop"
    shutil.copytree(
        fixtures_folder() / "projects" / "bookshop", folder, ignore=shutil.ignore_patterns("__pycache__", ".*_cache")
    )
    return folder


def greenmod(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "greenmod", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_turns_the_red_tests_green_and_leaves_the_bystander(bookshop: Path) -> None:
    before = contents(bookshop)

    done = greenmod(bookshop, "run", "--verify", "--write", "--python", sys.executable, "--format", "json")

    report = json.loads(done.stdout)
    verification = report["verification"]
    assert done.returncode == 0, done.stderr
    assert report["summary"]["changes"] == {"async-client-app-to-transport": 3, "orm-mode-to-from-attributes": 3}
    assert report["written"] == ["bookshop/schemas.py", "tests/conftest.py", "tests/test_reviews.py"]
    assert (verification["before"]["passed"], verification["before"]["failed"], verification["before"]["error"]) == (
        8,
        5,
        5,
    )
    assert (verification["after"]["passed"], verification["after"]["failed"], verification["after"]["error"]) == (
        17,
        1,
        0,
    )
    assert len(verification["fixed"]) == 9
    assert verification["still_red"] == [BYSTANDER]
    assert verification["dropped"] == []
    changed = {path for path, data in contents(bookshop).items() if before.get(path) != data}
    assert changed == set(report["written"])

    assert greenmod(bookshop, "run").returncode == 0
    undone = greenmod(bookshop, "undo")
    assert undone.returncode == 0, undone.stderr
    assert contents(bookshop) == before


def test_the_demonstration_tells_its_story(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))

    done = greenmod(tmp_path, "demo")

    assert done.returncode == 0, done.stderr
    assert "9 tests turned green, none got worse; 1 stayed red" in done.stdout
    assert "6 changes in 3 files" in done.stdout
