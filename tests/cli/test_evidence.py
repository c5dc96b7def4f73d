"""`--evidence FILE` through the command line: a codemod that wants it decides by it, others never see it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Greenmod = Callable[..., subprocess.CompletedProcess[str]]

# Doubles the number of the line on which a test met a ValueError, once for each that it met there.
MEND = '''\
"""Double a number that is too small."""

import libcst as cst

from greenmod.api import Codemod, Decision, FilePlan


class DoubleIt(Codemod):
    name = "double-it"
    triggers = ("check(",)
    wants_evidence = True

    @classmethod
    def decide(cls, project, options):
        found = {}
        for one in project.evidence.observations:
            if one.type == "ValueError" and one.frames:
                frame = one.frames[0]
                found.setdefault(frame.path, {}).setdefault(frame.line, []).append(one)
        return Decision({path: FilePlan(tuple(lines), lines) for path, lines in found.items()})

    def leave_Integer(self, original, updated):
        line, _ = self.position(original)
        if line not in self.decision:
            return updated
        seen = self.decision[line]
        new = updated.with_changes(value=str(2 ** len(seen) * int(original.value)))
        why = f"{seen[0].test} fails in round {', '.join(str(one.round) for one in seen)}"
        return self.change(original, new, "Double the number", why=why)
'''
SHOP = "def check(number):\n    if number < 4:\n        raise ValueError(f'{number} is too small')\n"
TESTS = "from shop import check\n\ndef test_fine():\n    check(5)\n\ndef test_small():\n    check(2)\n"


@pytest.fixture
def shop(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a test that fails, and a codemod that knows what to do about it."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    (project / "codemods" / "double_it.py").write_text(MEND)
    (project / "pyproject.toml").write_text('[tool.greenmod]\ncodemods = ["codemods"]\nselect = ["double-it"]\n')
    (project / "shop.py").write_text(SHOP)
    (project / "test_shop.py").write_text(TESTS)
    return project


def pytest_report(root: Path, *arguments: str) -> None:
    command = (sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--junit-xml=report.xml", *arguments)
    env = {**os.environ, "PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run(command, cwd=root, env=env, capture_output=True)


@pytest.mark.parametrize("style", ["auto", "short", "native"])
def test_decides_by_what_pytest_wrote(shop: Path, greenmod: Greenmod, style: str) -> None:
    pytest_report(shop, f"--tb={style}")
    assert greenmod("run").returncode == 0  # nothing is known

    done = greenmod("run", "--evidence", "report.xml", "--write")

    assert done.returncode == 0, done.stderr
    assert "why: test_shop.py::test_small fails in round 0\n" in done.stdout
    assert (shop / "test_shop.py").read_text() == TESTS.replace("check(2)", "check(4)")


def test_leaves_out_what_is_no_longer_true(shop: Path, greenmod: Greenmod) -> None:
    pytest_report(shop)
    (shop / "test_shop.py").write_text("# new\n" + TESTS)

    done = greenmod("run", "--evidence", "report.xml")

    assert (done.returncode, done.stdout) == (0, "")
    assert "report.xml: 1 observation left out: test_shop.py is not what it was then\n" in done.stderr


@pytest.mark.parametrize("text", [None, "no luck", "{}"])
def test_says_what_is_wrong_with_the_file_though_there_is_nothing_to_do(
    shop: Path, greenmod: Greenmod, text: str | None
) -> None:
    if text is not None:
        (shop / "report.xml").write_text(text)
    (shop / "test_shop.py").unlink()
    (shop / "shop.py").unlink()

    done = greenmod("run", "--evidence", "report.xml")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("greenmod: --evidence report.xml: ")
    assert "\nGive what `pytest --junit-xml=FILE` or " in done.stderr


def test_gives_nothing_to_a_codemod_that_does_not_want_it(shop: Path, greenmod: Greenmod) -> None:
    pytest_report(shop)
    (shop / "codemods" / "double_it.py").write_text(MEND.replace("wants_evidence = True", "wants_evidence = False"))
    assert greenmod("run", "--evidence", "report.xml").returncode == 0


def verified(greenmod: Greenmod, *arguments: str) -> subprocess.CompletedProcess[str]:
    return greenmod("run", "--verify", "--python", sys.executable, *arguments)


def test_asks_the_tests_before_it_plans(shop: Path, greenmod: Greenmod) -> None:
    done = verified(greenmod, "--write")

    assert done.returncode == 0, done.stderr
    assert (shop / "test_shop.py").read_text() == TESTS.replace("check(2)", "check(4)")
    assert "turned green: test_shop.py::test_small\n" in done.stderr
    assert done.stderr.count("Running all tests with no change\n") == 2  # one to know, one to know what is flaky


def test_plans_first_where_no_codemod_wants_to_know(shop: Path, greenmod: Greenmod) -> None:
    (shop / "codemods" / "double_it.py").write_text(MEND.replace("wants_evidence = True", "wants_evidence = False"))

    done = verified(greenmod)

    assert (done.returncode, done.stdout) == (0, "")
    assert "Running" not in done.stderr


def test_follows_one_fault_to_the_next(shop: Path, greenmod: Greenmod) -> None:
    tests = "from shop import check\n\ndef test_small():\n    check(1)\n    check(5)\n    check(3)\n    check(2)\n"
    (shop / "test_shop.py").write_text(tests)

    done = verified(greenmod, "--write")

    assert done.returncode == 0, done.stderr
    assert (shop / "test_shop.py").read_text() == (
        "from shop import check\n\ndef test_small():\n    check(4)\n    check(5)\n    check(6)\n    check(4)\n"
    )
    assert "why: test_shop.py::test_small fails in round 0, 1\n" in done.stdout
    assert "why: test_shop.py::test_small fails in round 3\n" in done.stdout
    assert "turned green: test_shop.py::test_small\n" in done.stderr
    assert "\nChanges: 3 proven.\n" in done.stderr


def test_gives_up_after_ten_rounds(shop: Path, greenmod: Greenmod) -> None:
    tests = "from shop import check\n\ndef test_small():\n" + "    check(3)\n" * 11
    (shop / "test_shop.py").write_text(tests)

    done = verified(greenmod, "--format", "summary")

    assert "\n10 changes in 1 file found; " in f"\n{done.stdout}"
    assert "still red, as before: test_shop.py::test_small\n" in done.stderr
    assert "Round 10: " in done.stderr
    assert "Round 11: " not in done.stderr


def test_names_in_the_end_what_was_dropped_in_an_earlier_round(shop: Path, greenmod: Greenmod) -> None:
    (shop / "test_own.py").write_text(
        "from shop import check\n\ndef test_own():\n    check(2)\n\n"
        "def test_reads_it():\n    assert 'check(' + '2)' in open(__file__).read()\n"
    )
    (shop / "test_shop.py").write_text("from shop import check\n\ndef test_small():\n    check(2)\n    check(3)\n")

    done = verified(greenmod, "--write")

    assert done.returncode == 1
    assert "Round 2: with what stays, the tests show 1 change more: test_shop.py:5\n" in done.stderr
    assert "check(4)\n    check(6)\n" in (shop / "test_shop.py").read_text()
    assert "    check(2)\n" in (shop / "test_own.py").read_text()
    assert (
        "dropped: test_own.py:4 Double the number [double-it:test_own.py:test_own:1]\n"
        "  test_own.py::test_reads_it: passed → failed\n"
    ) in done.stderr
    assert done.stderr.count("Dropped double-it:test_own.py:test_own:1: ") == 1
    assert "\nChanges: 1 broken, 2 proven.\n" in done.stderr


def test_keeps_what_a_later_plan_does_not_propose_any_more(shop: Path, greenmod: Greenmod) -> None:
    latest = "[one for one in project.evidence.observations if one.round == last]"
    codemod = MEND.replace("project.evidence.observations:", f"{latest}:").replace(
        "        found = {}\n",
        "        found = {}\n        last = max(one.round for one in project.evidence.observations)\n",
    )
    (shop / "codemods" / "double_it.py").write_text(codemod)
    (shop / "test_shop.py").write_text("from shop import check\n\ndef test_small():\n    check(2)\n    check(3)\n")

    done = verified(greenmod, "--format", "json", "--output", "report.json", "--write")

    assert done.returncode == 0, done.stderr
    assert "    check(4)\n    check(6)\n" in (shop / "test_shop.py").read_text()
    changes = json.loads((shop / "report.json").read_text())["changes"]
    assert [(change["id"], change["line"], change["why"]) for change in changes] == [
        ("double-it:test_shop.py:test_small:2", 4, "test_shop.py::test_small fails in round 0"),
        ("double-it:test_shop.py:test_small:1", 5, "test_shop.py::test_small fails in round 1"),
    ]


def test_writes_evidence_that_a_later_run_reads(shop: Path, greenmod: Greenmod) -> None:
    report = verified(greenmod, "--format", "json", "--output", "evidence.json")
    assert report.returncode == 1, report.stderr
    (seen,) = json.loads((shop / "evidence.json").read_text())["evidence"]["observations"]
    assert (seen["test"], seen["type"], seen["message"]) == (
        "test_shop.py::test_small",
        "ValueError",
        "2 is too small",
    )
    assert [(frame["path"], frame["line"], frame["function"]) for frame in seen["frames"]] == [
        ("test_shop.py", 7, "test_small"),
        ("shop.py", 3, "check"),
    ]

    done = greenmod("run", "--evidence", "evidence.json", "--write")

    assert done.returncode == 0, done.stderr
    assert (shop / "test_shop.py").read_text() == TESTS.replace("check(2)", "check(4)")
    assert greenmod("run", "--evidence", "evidence.json").stderr.startswith(
        "evidence.json: 1 observation left out: test_shop.py is not what it was then\n"
    )


def test_asks_no_test_where_the_given_paths_leave_nothing_to_change(shop: Path, greenmod: Greenmod) -> None:
    (shop / "other.py").write_text("old_name = 1\n")
    done = verified(greenmod, "--select", "rename-it,double-it", "other.py")
    assert done.returncode == 1, done.stderr
    assert done.stderr.index("Running all tests with no change") < done.stderr.index("Running all tests with 1 change")
    assert "-old_name = 1\n+new_name = 1\n" in done.stdout
    assert verified(greenmod, "--select", "double-it", "other.py").stderr.startswith("Nothing to change; ")
