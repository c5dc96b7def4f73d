"""`--verify` through the command line: what is written, what is dropped and why, and when it can't be carried out."""

from __future__ import annotations

import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

Greenmod = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def tested(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of two changes; the one test passes with one of them only."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    (project / "a.py").write_text("old_name = 1\n")
    (project / "b.py").write_text("old_name = 2\n")
    (project / "test_b.py").write_text("import b\n\ndef test_needs_the_old_name():\n    assert b.old_name == 2\n")
    return project


def test_writes_what_stays_and_names_what_was_dropped(tested: Path, greenmod: Greenmod) -> None:
    done = greenmod("run", "--verify", "--write", "--python", sys.executable, "--", "-p", "no:cacheprovider")

    assert done.returncode == 1
    assert (tested / "a.py").read_text() == "new_name = 1\n"
    assert (tested / "b.py").read_text() == "old_name = 2\n"
    assert (
        "dropped: b.py:1 Rename `old_name` [rename-it:b.py:<module>:1]\n"
        "  test_b.py::test_needs_the_old_name: passed → failed\n"
        "    AttributeError: module 'b' has no attribute 'old_name'"  # and on Python 3.10 a suggestion
    ) in done.stderr
    assert "\n1 change in 1 file, 1 file written; " in done.stderr

    again = greenmod("run", "--verify", "--python", sys.executable)

    assert (again.returncode, again.stdout) == (1, "")
    assert "\n1 change found, none stays; " in again.stderr


@pytest.mark.parametrize(
    ("python", "message"),
    [
        ("bare", "can't import pytest (ModuleNotFoundError: No module named 'pytest')\nInstall it there"),
        ("nowhere/python", "no such interpreter\nGive `--python` the path of one, or a command."),
        ("pyproject.toml", "does not run as a Python interpreter"),
    ],
)
def test_says_why_it_can_not_be_carried_out(
    tested: Path, tmp_path: Path, greenmod: Greenmod, python: str, message: str
) -> None:
    if python == "bare":
        venv.create(tmp_path / "bare")
        python = str(tmp_path / "bare" / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python"))

    done = greenmod("run", "--verify", "--write", "--python", python)

    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr.startswith("greenmod: ")
    assert message in done.stderr
    assert (tested / "a.py").read_text() == "old_name = 1\n"


def test_says_so_when_there_are_no_tests(tested: Path, greenmod: Greenmod) -> None:
    (tested / "test_b.py").unlink()

    done = greenmod("run", "--verify", "--write", "--python", sys.executable)

    assert (done.returncode, done.stdout) == (4, "")
    assert "pytest found no tests" in done.stderr
    assert (tested / "a.py").read_text() == "old_name = 1\n"


def test_writes_junit_xml_of_both_sides(tested: Path, greenmod: Greenmod) -> None:
    arguments = ("run", "--verify", "--format", "junit", "--output", "tests.xml", "--python", sys.executable)
    assert greenmod(*arguments).returncode == 1
    suites = ElementTree.parse(tested / "tests.xml").getroot()
    assert [(suite.get("name"), suite.get("tests"), suite.get("failures")) for suite in suites] == [
        ("before", "1", "0"),
        ("after", "1", "0"),
    ]


def test_keeps_only_what_a_test_has_run_when_proof_is_required(tested: Path, greenmod: Greenmod) -> None:
    done = greenmod("run", "--verify", "--require", "proven", "--write", "--python", sys.executable)
    assert done.returncode == 1
    assert (tested / "a.py").read_text() == "old_name = 1\n"
    assert (
        "withdrawn, no passing test has run it: a.py:1 Rename `old_name` [rename-it:a.py:<module>:1]\n" in done.stderr
    )


@pytest.mark.parametrize(
    "option", ["--accept-traffic", "--require proven", "--test-timeout 5.0", "--format junit", "-- -x"]
)
def test_refuses_options_of_verification_without_it(tested: Path, greenmod: Greenmod, option: str) -> None:
    done = greenmod("run", *option.split())
    assert done.returncode == 2
    assert f"`{option}` is for pytest, which runs only with --verify" in done.stderr


def test_ends_a_test_that_takes_too_long(tested: Path, greenmod: Greenmod) -> None:
    (tested / "test_b.py").write_text(
        "import b, time\n\ndef test_waits():\n    time.sleep(0 if hasattr(b, 'old_name') else 600)\n"
    )
    done = greenmod("run", "--verify", "--test-timeout", "1.5", "--python", sys.executable)
    assert done.returncode == 1
    assert "  test_b.py::test_waits: passed → timed out\n    it took too long, and was ended\n" in done.stderr
    assert "\nChanges: 1 inconclusive, 1 unproven.\n" in done.stderr
