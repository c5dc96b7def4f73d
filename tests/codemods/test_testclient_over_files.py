"""What a case can't show of `testclient-to-async`: runs on some paths, files nobody can parse, changes taken singly."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from greenmod import apply, session
from greenmod.model import ChangeSet

CONFTEST = """\
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient


@pytest.fixture
def client():
    return TestClient(FastAPI(title="Shop"))
"""
CONSUMER = """\
def test_title(client):
    assert client.get("/openapi.json").json()["info"]["title"] == "Shop"
"""
LOCAL = """\
from fastapi import FastAPI
from fastapi.testclient import TestClient


def test_first():
    assert TestClient(FastAPI()).get("/").status_code == 404


def test_second():
    client = TestClient(FastAPI())
    assert client.get("/docs").status_code == 200
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    files = {
        "pyproject.toml": "[project]\nname = 'shop'\n",
        "tests/conftest.py": CONFTEST,
        "tests/test_title.py": CONSUMER,
        "tests/test_local.py": LOCAL,
    }
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    return tmp_path


def plan(root: Path, *paths: str) -> ChangeSet:
    given = tuple(root / path for path in paths or (".",))
    return session.make_plan(session.Request(given, ("testclient-to-async",), use_cache=False))[1]


def reasons(found: ChangeSet) -> set[tuple[str, int, str, str]]:
    return {(skip.path, skip.line, skip.rule, skip.reason) for skip in found.skips}


def test_a_test_without_its_conftest_is_told_which_path_to_add(project: Path) -> None:
    found = plan(project, "tests/test_title.py")

    assert found.changes == ()
    assert reasons(found) == {
        (
            "tests/test_title.py",
            line,
            "outside-paths",
            "the change reaches beyond the given paths: add tests/conftest.py",
        )
        for line in (1, 2)
    }


def test_a_conftest_without_its_tests_is_left_alone_with_all_that_serves_it(project: Path) -> None:
    found = plan(project, "tests/conftest.py")

    assert found.changes == ()
    assert {(skip.path, skip.rule) for skip in found.skips} == {("tests/conftest.py", "outside-paths")}


def test_a_local_client_needs_the_conftest_for_its_runner_alone(project: Path) -> None:
    found = plan(project, "tests/conftest.py", "tests/test_local.py")

    assert sorted({change.path for change in found.changes}) == ["tests/conftest.py", "tests/test_local.py"]
    assert {skip.path for skip in found.skips} == {"tests/conftest.py"}


def test_a_file_that_can_not_be_parsed_refuses_what_it_could_use(project: Path) -> None:
    (project / "tests/test_broken.py").write_text("def test_broken(client)\n    client.get('/')\n")
    found = plan(project)

    assert {change.path for change in found.changes} == {"tests/conftest.py", "tests/test_local.py"}
    reason = "tests/test_broken.py:1 this file can't be parsed, and could use the client"
    assert reasons(found) == {
        ("tests/conftest.py", 7, "unparsable", reason),
        ("tests/test_title.py", 1, "unparsable", reason),
    }


@pytest.mark.parametrize("left_out", [0, 1, 2])
def test_a_rejected_change_leaves_the_rest_green(project: Path, left_out: int) -> None:
    found = plan(project)
    assert len(found.changes) == 4  # the fixture `anyio_backend`, and one for each client
    needed = {need for change in found.changes for need in change.requires}
    singles = [change.id for change in found.changes if change.id not in needed]
    chosen = found.ids - {singles[left_out]}
    baselines = {path: apply.read_baseline(project, found, path) for path in found.paths()}
    for path, data in apply.render(found, chosen, baselines).after.items():
        assert data is not None
        (project / path).write_bytes(data)

    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error::RuntimeWarning"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True)

    assert "3 passed" in done.stdout, done.stdout
