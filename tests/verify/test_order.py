"""Plugins that shuffle the tests, and say so in `addopts`: equal runs go equally all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.verify.conftest import Make

# What pytest-random-order does, as far as it matters.
SHUFFLING = """\
import random

def pytest_addoption(parser):
    parser.addoption("--random-order-bucket", dest="random_order_bucket", default="default:module")

def pytest_collection_modifyitems(config, items):
    if config.getoption("random_order_bucket") != "none":
        random.shuffle(items)
"""
TESTS = "ran = []\n" + "".join(
    f"def test_{number}():\n    ran.append({number})\n    assert ran == list(range({number + 1}))\n"
    for number in range(8)
)


def test_leaves_the_tests_in_order_in_spite_of_random_order(make: Make) -> None:
    project = make({"conftest.py": SHUFFLING, "test_a.py": TESTS, "b.py": "B = 1\n"})
    project.propose("fine", "b.py", "1", "2")
    verification = project.verify()
    assert (verification.before.passed, verification.kept) == (8, ("fine",))
