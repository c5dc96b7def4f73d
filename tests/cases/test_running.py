"""The tests of a case run with the packages that are there; those that are not are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from greenmod.cases.case import Case
from greenmod.cases.running import missing_packages, run_tests


def case(before: dict[str, str], after: dict[str, str] | None = None) -> Case:
    files = {path: text.encode() for path, text in before.items()}
    result = files if after is None else {path: text.encode() for path, text in after.items()}
    return Case("rename-it", "some_case", Path(), files, result, run={"before": "green"})


@pytest.mark.parametrize(
    "text",
    [
        "import os, pytest\nfrom libcst import matchers",
        "from tests.helpers import one\nimport helpers, app.main\nfrom . import two\nfrom .nothing_here import x",
        "try:\n    import nothing_here\nexcept ImportError:\n    nothing_here = None",
        "import (",
    ],
)
def test_nothing_is_missing_of_what_is_there_or_optional(text: str) -> None:
    assert missing_packages(case({"src/app/main.py": "", "tests/helpers.py": "", "tests/test_it.py": text})) == []


def test_names_what_is_missing_before_or_after() -> None:
    files = {"test_it.py": "def f():\n    import nothing_here.at_all\n", "notes.txt": "import nothing_there"}
    assert missing_packages(case(files)) == ["nothing_here"]
    assert missing_packages(case(files, {"test_it.py": "from none_either import x"})) == ["none_either", "nothing_here"]


@pytest.mark.parametrize(
    ("text", "colour", "words"),
    [
        ("def test_it(): pass", "green", "1 passed"),
        ("def test_it(): assert 0", "red", "assert 0"),
        ("def test_it() pass", "red", "SyntaxError"),
        ("x = 1", "none", "no tests ran"),
    ],
)
def test_says_what_pytest_said(text: str, colour: str, words: str) -> None:
    found = run_tests({"tests/test_it.py": text.encode()})
    assert (found.colour, words in found.output, found.exchanges) == (colour, True, {})
