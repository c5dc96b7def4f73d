"""Suites that are red, hang, write where they run, or go their own way: each is verified as it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pytest

from greenmod.errors import VerifyError
from greenmod.model import Verdict
from greenmod.verify import Counts, Outcome

if TYPE_CHECKING:
    from tests.verify.conftest import Make, Project

PRICES = '''\
def net(price): return price / 2
def gross(price):
    """Double it.

    >>> gross(2)
    4
    """
    return price * 2
'''
TESTS = """\
import unittest
from shop import prices

def test_net(): assert prices.net(4) == 2
def test_gross(): assert prices.gross(4) == 8
def test_red(): assert prices.net(4) == 3

class Old(unittest.TestCase):
    def test_old(self):
        for price in (1, 2):
            with self.subTest(price=price):
                self.assertEqual(prices.net(price) + prices.net(price), price)
"""


def shop(make: Make, files: Mapping[str, str]) -> Project:
    """A project with one change that is fine and one that is wrong."""
    project = make({"shop/__init__.py": "", "shop/prices.py": PRICES, "tests/test_prices.py": TESTS, **files})
    project.propose("fine", "shop/prices.py", "price / 2", "price * 0.5")
    project.propose("wrong", "shop/prices.py", "price * 2", "price * 3")
    return project


STRICT = """\
[pytest]
addopts = -x --strict-markers --strict-config -p no:cacheprovider
filterwarnings = error
"""
OTHERWISE = """\
[pytest]
addopts = --doctest-modules --import-mode=importlib --exitfirst --tb=no --no-header -qq
pythonpath = .
"""


@pytest.mark.parametrize(
    ("settings", "passed", "worse"),
    [
        (STRICT, 3, {"tests/test_prices.py::test_gross"}),
        (OTHERWISE, 4, {"tests/test_prices.py::test_gross", "shop/prices.py::shop.prices.gross"}),
    ],
    ids=["strict", "otherwise"],
)
def test_is_not_led_astray_by_settings(make: Make, settings: str, passed: int, worse: set[str]) -> None:
    project = shop(make, {"pytest.ini": settings})
    verification = project.verify()
    assert verification.before == Counts(passed=passed, failed=1)
    assert verification.verdicts == {"fine": Verdict.PROVEN, "wrong": Verdict.BROKEN}
    (dropped,) = verification.dropped
    assert {dropped.conviction.test, *dropped.conviction.also} == worse
    assert not any("starts anew" in sentence for sentence in project.told)


def test_knows_tests_below_the_folder_where_pytest_finds_its_root(make: Make) -> None:
    project = make(
        {
            "pyproject.toml": "[tool.pytest.ini_options]\naddopts = '--maxfail=1'\n",
            "backend/shop.py": PRICES,
            "backend/test_shop.py": "import shop\ndef test_net(): assert shop.net(4) == 2\n",
        }
    )
    project.propose("wrong", "backend/shop.py", "price / 2", "price / 3")
    verification = project.verify("test_shop.py", folder="backend")
    assert [dropped.conviction.test for dropped in verification.dropped] == ["backend/test_shop.py::test_net"]


HANGING = """\
import time, pytest

@pytest.fixture(scope="session")
def server():
    yield
    time.sleep(600)

def test_that_hangs(): time.sleep(600)
def test_last(server): pass
"""


def test_takes_what_hangs_without_changes_for_a_part_of_the_baseline(make: Make) -> None:
    project = shop(make, {"tests/test_z.py": HANGING})
    verification = project.verify(test_timeout=1.0)
    assert verification.before == Counts(passed=3, failed=1, timed_out=2)
    assert verification.verdicts == {"fine": Verdict.PROVEN, "wrong": Verdict.BROKEN}
    assert verification.after == verification.before
    tests = {test: one.after for test, one in verification.tests.items() if test.startswith("tests/test_z.py")}
    assert tests == {
        "tests/test_z.py::test_that_hangs": Outcome.TIMED_OUT,
        "tests/test_z.py::test_last": Outcome.TIMED_OUT,
    }


def test_calls_a_change_inconclusive_with_which_a_test_hangs(make: Make) -> None:
    project = make({"a.py": "N = 1\nM = 1\n", "test_a.py": "import a, time\ndef test_a(): time.sleep(a.N - 1)\n"})
    project.propose("hangs", "a.py", "N = 1", "N = 601")
    project.propose("fine", "a.py", "M = 1", "M = 2")
    verification = project.verify(test_timeout=1.5)
    assert verification.verdicts == {"hangs": Verdict.INCONCLUSIVE, "fine": Verdict.UNPROVEN}
    conviction = verification.dropped[0].conviction
    assert (conviction.test, conviction.after) == ("test_a.py::test_a", Outcome.TIMED_OUT)
    assert conviction.message == "it took too long, and was ended"


def test_names_the_line_at_which_the_unchanged_tests_hang(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    # On a busy machine pytest takes its time to begin, and to say where it was interrupted.
    monkeypatch.setattr("greenmod.verify.runner._FIRST_LIMIT", 4.0)
    monkeypatch.setattr("greenmod.verify.process.GRACE", 10.0)
    project = shop(make, {"tests/test_z.py": "import time\ntime.sleep(600)\n"})
    with pytest.raises(VerifyError, match=r"^the tests did not come to an end in time(.|\n)*tests/test_z\.py:2: Keyb"):
        project.verify()


def test_calls_a_change_inconclusive_with_which_an_import_hangs(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("greenmod.verify.runner._LEAST_LIMIT", 0.5)
    monkeypatch.setattr("greenmod.verify.runner._TIMES_BEFORE", 3)
    project = make({"a.py": "import time\ntime.sleep(0)\nM = 1\n", "test_a.py": "import a\ndef test_a(): pass\n"})
    project.propose("hangs", "a.py", "sleep(0)", "sleep(600)")
    project.propose("fine", "a.py", "M = 1", "M = 2")
    verification = project.verify(test_timeout=1.0)
    assert verification.verdicts == {"hangs": Verdict.INCONCLUSIVE, "fine": Verdict.UNPROVEN}
    conviction = verification.dropped[0].conviction
    assert (conviction.after, conviction.message) == (Outcome.TIMED_OUT, "pytest did not come to its end in time")


RED = """\
import socket
def test_network(): socket.create_connection(("127.0.0.1", 1), timeout=1)
def test_other(): assert 1 == 2
"""


def test_keeps_all_changes_when_everything_is_red_and_says_what_that_means(make: Make) -> None:
    project = make({"a.py": "N = 1\n", "test_a.py": f"import a\n{RED}"})
    project.propose("any", "a.py", "1", "2")
    verification = project.verify()
    assert verification.verdicts == {"any": Verdict.UNPROVEN}
    assert verification.still_red == ("test_a.py::test_network", "test_a.py::test_other")
    assert "No test passes before the changes, so none can show that a change is wrong" in project.told


def test_takes_back_what_tests_write_into_what_they_test(make: Make) -> None:
    writes = (
        "from pathlib import Path\nfrom shop import prices\ndef test_z():\n    Path(prices.__file__).write_text('')\n"
    )
    project = shop(make, {"tests/test_z.py": writes})
    before = (project.root / "shop" / "prices.py").read_text()
    assert project.verify().verdicts == {"fine": Verdict.PROVEN, "wrong": Verdict.BROKEN}
    assert (project.root / "shop" / "prices.py").read_text() == before


def test_goes_by_the_tests_that_there_are_when_one_file_cannot_be_collected(make: Make) -> None:
    project = shop(make, {"tests/test_z.py": "import nothing_there\n"})
    verification = project.verify()
    assert verification.before == Counts(passed=3, failed=1, error=1)
    assert verification.verdicts == {"fine": Verdict.PROVEN, "wrong": Verdict.BROKEN}
    assert verification.still_red == ("tests/test_prices.py::test_red", "tests/test_z.py")
