"""The whole job on the sample application: what `greenmod demo` plays, with every figure checked."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from greenmod.registry import fixtures_folder

BYSTANDER = "tests/test_shipping.py::test_sends_an_order_of_exactly_fifty_for_free"

LEDGER = "tests/test_ledger.py::test_the_ledger_has_every_book"

MENDED_BY_EVIDENCE = "session.execute.return_value = MagicMock()"


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


def definitions(path: Path) -> list[str]:
    """Return the functions of a file, as their lines begin."""
    return re.findall(r"^((?:async )?def \w+)", path.read_text("utf-8"), re.MULTILINE)


def test_turns_the_red_tests_green_and_leaves_the_bystander(bookshop: Path) -> None:
    before = contents(bookshop)

    done = greenmod(bookshop, "run", "--verify", "--write", "--python", sys.executable, "--format", "json")

    report = json.loads(done.stdout)
    verification = report["verification"]
    assert done.returncode == 0, done.stderr
    assert report["summary"]["changes"] == {
        "add-selectinload": 2,
        "async-client-app-to-transport": 3,
        "mock-to-async-mock": 4,
        "orm-mode-to-from-attributes": 5,
        "testclient-to-async": 3,
    }
    assert report["written"] == [
        "bookshop/ledger.py",
        "bookshop/main.py",
        "bookshop/schemas.py",
        "pyproject.toml",
        "tests/conftest.py",
        "tests/test_catalogue_page.py",
        "tests/test_newsletter.py",
        "tests/test_queries.py",
        "tests/test_reviews.py",
        "tests/test_visitors.py",
    ]
    assert (verification["before"]["passed"], verification["before"]["failed"], verification["before"]["error"]) == (
        18,
        9,
        6,
    )
    assert (verification["after"]["passed"], verification["after"]["failed"], verification["after"]["error"]) == (
        32,
        1,
        0,
    )
    assert len(verification["fixed"]) == 14
    assert verification["statements"] == {LEDGER: [41, 3]}
    assert verification["still_red"] == [BYSTANDER]
    assert verification["dropped"] == []
    assert verification["unawaited"] == []
    changed = {path for path, data in contents(bookshop).items() if before.get(path) != data}
    assert changed == set(report["written"])

    assert greenmod(bookshop, "run").returncode == 0
    undone = greenmod(bookshop, "undo")
    assert undone.returncode == 0, undone.stderr
    assert contents(bookshop) == before


def test_the_websites_tests_become_async_and_stay_green(bookshop: Path) -> None:
    done = greenmod(bookshop, "run", "--select", "testclient-to-async", "--write", "--format", "json")

    report = json.loads(done.stdout)
    assert report["written"] == ["pyproject.toml", "tests/test_catalogue_page.py", "tests/test_visitors.py"]
    assert [(skip["path"], skip["line"], skip["rule"]) for skip in report["skips"]] == [
        ("tests/test_visitors.py", 38, "websocket")
    ]
    assert '    "asgi-lifespan>=2.1",\n    "httpx>=0.28",\n' in (bookshop / "pyproject.toml").read_text("utf-8")
    assert definitions(bookshop / "tests/test_catalogue_page.py") == [
        "async def test_old_bookmarks_lead_to_the_catalogue",
        "async def test_the_catalogue_has_moved_for_good",
    ]
    assert definitions(bookshop / "tests/test_visitors.py") == [
        "async def visitor",
        "async def reserve",
        "async def test_reads_the_opening_hours",
        "async def test_reserves_two_books",
        "async def test_cannot_reserve_what_is_reserved",
        "def test_rings_the_bell",
    ]
    # A request that nobody awaits would be a warning in a test that still passes.
    command = [sys.executable, "-m", "pytest", "-q", "-W", "error::RuntimeWarning"]
    command += ["-W", "error::pytest.PytestUnraisableExceptionWarning", *report["written"][1:]]
    tested = subprocess.run(command, cwd=bookshop, capture_output=True, text=True, check=False)
    assert tested.returncode == 0, tested.stdout
    assert "6 passed" in tested.stdout


def test_mocks_of_the_wrong_kind_are_mended_and_right_ones_stay(bookshop: Path) -> None:
    file = bookshop / "tests/test_newsletter.py"
    before = file.read_text("utf-8")

    done = greenmod(bookshop, "run", "--select", "mock-to-async-mock", "--write", "--format", "json")

    report = json.loads(done.stdout)
    assert report["written"] == ["tests/test_newsletter.py"]
    after = file.read_text("utf-8")
    assert [pair for pair in zip(before.splitlines(), after.splitlines(), strict=True) if pair[0] != pair[1]] == [
        (
            '    mailer.send.return_value = "<1@bookshop.example>"',
            '    mailer.send = AsyncMock(return_value="<1@bookshop.example>")',
        ),
        (
            '    with patch("bookshop.newsletter.queries.find_books", Mock(return_value=[])) as find_books:',
            '    with patch("bookshop.newsletter.queries.find_books", AsyncMock(return_value=[])) as find_books:',
        ),
        ("    mailer.accepts = AsyncMock(return_value=False)", "    mailer.accepts = Mock(return_value=False)"),
    ]
    left = [skip for skip in report["skips"] if skip["path"] == "tests/test_newsletter.py"]
    assert [(skip["line"], skip["rule"]) for skip in left] == [(56, "already-awaitable")]
    command = [sys.executable, "-m", "pytest", "-q", "-W", "error::RuntimeWarning"]
    command += ["-W", "error::pytest.PytestUnraisableExceptionWarning", "tests/test_newsletter.py"]
    tested = subprocess.run(command, cwd=bookshop, capture_output=True, text=True, check=False)
    assert tested.returncode == 0, tested.stdout
    assert "6 passed" in tested.stdout


def test_what_a_failing_test_says_mends_the_mock_that_it_met(bookshop: Path) -> None:
    evidence = bookshop.parent / "evidence.xml"
    command = [sys.executable, "-m", "pytest", "-q", f"--junit-xml={evidence}", "tests/test_queries.py"]
    assert subprocess.run(command, cwd=bookshop, capture_output=True, check=False).returncode == 1

    done = greenmod(
        bookshop,
        *("run", "--select", "mock-to-async-mock", "--evidence", str(evidence), "--write", "--format", "json"),
        "tests/test_queries.py",
    )

    assert json.loads(done.stdout)["written"] == ["tests/test_queries.py"]
    after = (bookshop / "tests/test_queries.py").read_text("utf-8")
    assert f"    session = AsyncMock()\n    {MENDED_BY_EVIDENCE}\n" in after
    tested = subprocess.run(command, cwd=bookshop, capture_output=True, text=True, check=False)
    assert tested.returncode == 0, tested.stdout


def test_the_demonstration_tells_its_story(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))

    done = greenmod(tmp_path, "demo")

    assert done.returncode == 0, done.stderr
    before_testing, _, after_testing = done.stdout.partition("Now pytest decides")
    assert f"+    {MENDED_BY_EVIDENCE}\n" not in before_testing
    assert "1 change more came from what a failing test said:" in after_testing
    assert f"+    {MENDED_BY_EVIDENCE}\n" in after_testing
    assert f"SQL statements: {LEDGER}: 41 → 3\n" in after_testing
    assert "14 tests turned green, 18 stayed green, none got worse; 1 stayed red" in after_testing
    assert "17 changes in 10 files" in after_testing
