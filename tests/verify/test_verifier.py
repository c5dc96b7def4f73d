"""One sandbox for several questions: what failing tests say, with changes and without, and one plan after another."""

from __future__ import annotations

import posixpath
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from greenmod.facts.evidence.observation import Frame, Observation, Origin, Phase
from greenmod.model import ChangeSet
from greenmod.verify import Suite, Verifier, open_verifier

if TYPE_CHECKING:
    from tests.verify.conftest import Make, Project

SHOP = "PRICE = 1\n\ndef price():\n    return PRICE\n\ndef pay():\n    raise ValueError('no till')\n"
TESTS = """\
from shop import pay, price

def test_price():
    assert price() == 2

def test_both():
    if price() == 2:
        pay()
    assert price() == 2

def test_fine():
    assert price()
"""
PAYS = "from shop import pay\n\ndef test_pay():\n    pay()\n"
ALL_AGAIN = "Running all tests with no change"


@contextmanager
def opened(project: Project, *paths: str, **settings: Any) -> Iterator[Verifier]:
    suite = Suite(project.root, python=Path(sys.executable), cheap=0.0, explains=True, **settings)
    with open_verifier(suite, paths, project) as verifier:
        yield verifier


@pytest.fixture
def shop(make: Make) -> Project:
    project = make({"shop.py": SHOP, "test_shop.py": TESTS})
    project.propose("raise it", "shop.py", "PRICE = 1\n", "# more\n# and more\nPRICE = 2\n")
    return project


def places(observation: Observation) -> list[tuple[str, int]]:
    return [(frame.path, frame.line) for frame in observation.frames]


def test_runs_the_baseline_once_for_evidence_and_plan(shop: Project) -> None:
    with opened(shop, "shop.py") as verifier:
        evidence = verifier.evidence()
        plan = ChangeSet(changes=tuple(shop.changes))
        found = verifier.verify(plan, plan.ids, shop.render)

    assert [(one.test, one.type, places(one)) for one in evidence.observations] == [
        ("test_shop.py::test_price", "AssertionError", [("test_shop.py", 4)]),
        ("test_shop.py::test_both", "AssertionError", [("test_shop.py", 9)]),
    ]
    assert set(evidence.files) == {"test_shop.py"}
    assert found.fixed == ("test_shop.py::test_price",)
    assert shop.told.count(ALL_AGAIN) == 1


@pytest.mark.parametrize(("config", "rootdir"), [("server/pytest.ini", "server"), ("pytest.ini", ".")])
def test_names_tests_by_the_files_of_the_repository(make: Make, config: str, rootdir: str) -> None:
    test = "def test_a():\n    assert 1 == 2\n"
    project = make({config: "[pytest]\n", "server/test_a.py": test, "test_a.py": "def test_a(): pass\n"})
    project.propose("mend it", "server/test_a.py", "1 == 2", "1 == 1")
    with opened(project, "server/test_a.py", folder="server") as verifier:
        plan = ChangeSet(changes=tuple(project.changes))
        evidence = verifier.evidence()
        found = verifier.verify(plan, plan.ids, project.render)

    assert [one.test for one in evidence.observations] == ["server/test_a.py::test_a"]
    assert evidence.files.keys() == {"server/test_a.py"}
    assert found.fixed == (posixpath.relpath("server/test_a.py::test_a", rootdir),)


def test_tells_what_was_seen_with_changes_in_lines_of_the_files_without(shop: Project) -> None:
    with opened(shop, "shop.py") as verifier:
        plan = ChangeSet(changes=tuple(shop.changes))
        verifier.verify(plan, plan.ids, shop.render)
        (seen,) = verifier.evidence(plan.ids).observations

    assert (seen.test, seen.message) == ("test_shop.py::test_both", "no till")
    assert places(seen) == [("test_shop.py", 8), ("shop.py", 7)]  # line 9 with the change


def test_tells_a_line_that_a_change_wrote_as_the_one_in_its_place(make: Make) -> None:
    project = make({"shop.py": "def pay():\n    a = 1\n    raise KeyError\n", "test_shop.py": PAYS})
    project.propose("other", "shop.py", "    raise KeyError\n", "    b = a\n    raise ValueError\n")
    with opened(project, "shop.py") as verifier:
        plan = ChangeSet(changes=tuple(project.changes))
        verifier.verify(plan, plan.ids, project.render)
        (seen,) = verifier.evidence(plan.ids).observations
    assert seen.type == "ValueError"
    assert seen.frames[-1] == Frame("shop.py", 3, "pay")  # no columns: they are those of another text


def test_takes_another_plan_over_the_same_baseline(shop: Project) -> None:
    (shop.root / "more.py").write_text("PRICE = 1\n")
    with opened(shop, "shop.py", "more.py") as verifier:
        first = ChangeSet(changes=tuple(shop.changes))
        verifier.verify(first, first.ids, shop.render)
        shop.propose("pay", "shop.py", "    raise ValueError('no till')\n", "    return None\n")
        shop.propose("more", "more.py", "1", "2")
        second = ChangeSet(changes=tuple(shop.changes))
        found = verifier.verify(second, second.ids, shop.render)

    assert found.fixed == ("test_shop.py::test_both", "test_shop.py::test_price")
    assert found.kept == ("raise it", "pay", "more")
    assert set(found.witnesses) == {"raise it", "pay"}
    assert shop.told.count(ALL_AGAIN) == 1


def test_begins_anew_where_a_file_changes_that_was_not_foreseen(shop: Project) -> None:
    with opened(shop) as verifier:
        verifier.evidence()
        plan = ChangeSet(changes=tuple(shop.changes))
        found = verifier.verify(plan, plan.ids, shop.render)

    assert found.fixed == ("test_shop.py::test_price",)
    assert shop.told.count(ALL_AGAIN) == 2


def test_adds_a_file_that_git_ignores_when_it_changes(shop: Project) -> None:
    (shop.root / ".gitignore").write_text("local/\n")
    (shop.root / "local").mkdir()
    (shop.root / "local" / "prices.py").write_text("PRICE = 1\n")
    (shop.root / "test_shop.py").write_text(
        "import pathlib\n\ndef test_local():\n    assert '2' in pathlib.Path('local/prices.py').read_text()\n"
    )
    subprocess.run(["git", "init", "--quiet"], cwd=shop.root, check=True)
    shop.changes.clear()
    shop.propose("local", "local/prices.py", "1", "2")
    with opened(shop) as verifier:
        (before,) = verifier.evidence().observations
        plan = ChangeSet(changes=tuple(shop.changes))
        found = verifier.verify(plan, plan.ids, shop.render)

    assert before.type == "FileNotFoundError"
    assert found.fixed == ("test_shop.py::test_local",)
    assert found.kept == ("local",)


def test_knows_what_a_test_printed_left_and_waited_for(make: Make) -> None:
    project = make(
        {
            "test_shop.py": (
                "import time, traceback\n"
                "async def pay(): pass\n"
                "def test_left():\n    pay()\n    assert 0\n"
                "def test_printed():\n"
                "    try:\n        1 / 0\n"
                "    except ZeroDivisionError:\n        traceback.print_exc()\n"
                "    assert 0\n"
                "def test_waits():\n    time.sleep(600)\n"
                "def test_passes():\n    print('an error')\n"
            )
        }
    )
    with opened(project, test_timeout=1.0) as verifier:
        evidence = verifier.evidence()

    found: dict[str, list[Observation]] = {}
    for one in evidence.observations:
        found.setdefault(one.test.partition("::")[2], []).append(one)
    assert set(found) == {"test_left", "test_printed", "test_waits"}
    assert [one.warnings for one in found["test_left"]] == [("coroutine 'pay' was never awaited",)]
    printed = found["test_printed"][1]
    assert (printed.origin, printed.type, places(printed)) == (
        Origin.OUTPUT,
        "ZeroDivisionError",
        [("test_shop.py", 8)],
    )
    assert found["test_waits"] == [
        Observation("test_shop.py::test_waits", Phase.CALL, "", "it took too long, and was ended")
    ]
