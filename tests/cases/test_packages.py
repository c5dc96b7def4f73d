"""What a case needs and this Python lacks is named."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from greenmod.cases.case import Case
from greenmod.cases.packages import missing_packages


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
        "import sys\nif sys.version_info < (3, 8):\n    import nothing_here\nelse:\n    import os",
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
    ("path", "text"),
    [
        ("test_it.py", "import pytest\n@pytest.mark.asyncio\nasync def test_it(): pass\n"),
        ("pytest.ini", "[pytest]\nasyncio_mode = auto\n"),
    ],
)
def test_names_the_plugin_that_tests_ask_for(path: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pytest_asyncio", None)  # as if it were not installed
    assert missing_packages(case({path: text})) == ["pytest_asyncio"]
    assert missing_packages(case({path: text.replace("asyncio", "anyio")})) == []
