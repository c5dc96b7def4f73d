"""The place of a new import statement: isort's, where the file shows isort's order."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pytest

from greenmod.apply import rewrite
from greenmod.model import Edit, ImportNeed

add = partial(ImportNeed, "m.py")
drop = partial(ImportNeed, "m.py", action="drop")


def settle(text: str, *needs: ImportNeed, edits: Sequence[Edit] = ()) -> str:
    return rewrite("m.py", text.encode(), edits, needs).decode()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # One section, sorted
        (
            "import p\nfrom b import x\nfrom z import y\n",
            "import p\nfrom b import x\nfrom m import n\nfrom z import y\n",
        ),
        ("import p\nfrom z import y\n", "import p\nfrom m import n\nfrom z import y\n"),
        ("from B import x\nfrom Z import y\n", "from B import x\nfrom m import n\nfrom Z import y\n"),
        ("import p\n", "import p\nfrom m import n\n"),
        ("from m2 import x\nfrom m10 import x\n", "from m import n\nfrom m2 import x\nfrom m10 import x\n"),
        ("from a import x\nimport p\n", "from a import x\nfrom m import n\nimport p\n"),  # mixed on purpose
        ("import b\nfrom a import x\n", "import b\nfrom a import x\nfrom m import n\n"),
        ("from a import b\n# w\nfrom x import y\n", "from a import b\nfrom m import n\n# w\nfrom x import y\n"),
        # Not sorted
        ("from z import y\nfrom b import x\n", "from z import y\nfrom b import x\nfrom m import n\n"),
        ("from z import y\n\nimport os\n", "from z import y\n\nimport os\nfrom m import n\n"),
        ("import z; import a\n", "import z; import a\nfrom m import n\n"),
        ("import os\nimport io\nimport z\nimport a\n", "import os\nimport io\nimport z\nimport a\nfrom m import n\n"),
        # Sections
        ("import os\n\nfrom z import y\n", "import os\n\nfrom m import n\nfrom z import y\n"),
        ("import os\nimport io\n\nfrom z import y\n", "import os\nimport io\n\nfrom m import n\nfrom z import y\n"),
        ("from z import y\n\nfrom b import x\n", "from m import n\nfrom z import y\n\nfrom b import x\n"),
        ("from b import x\n\nfrom .z import y\n", "from b import x\nfrom m import n\n\nfrom .z import y\n"),
        ("import p\nfrom .z import y\n", "import p\nfrom m import n\nfrom .z import y\n"),
        ("import os\nimport p\n\nfrom b import x\n", "import os\nimport p\nfrom m import n\n\nfrom b import x\n"),
        ("import z\n\n# Ours\nfrom b import x\n", "import z\nfrom m import n\n\n# Ours\nfrom b import x\n"),
        ("# Theirs\nfrom z import y\n\nimport b\n", "# Theirs\nfrom m import n\nfrom z import y\n\nimport b\n"),
        ("import p\n\nfrom m.o import x\n", "import p\n\nfrom m import n\nfrom m.o import x\n"),
        # Sections that are missing
        ("import os\n\n\nx = 1\n", "import os\n\nfrom m import n\n\n\nx = 1\n"),
        ("import os", "import os\n\nfrom m import n"),
        ("import os\n\nfrom .b import x\n", "import os\n\nfrom m import n\n\nfrom .b import x\n"),
        ("from .b import x\n", "from m import n\n\nfrom .b import x\n"),
        (
            "from __future__ import x\n\n\nclass A: ...\n",
            "from __future__ import x\n\nfrom m import n\n\n\nclass A: ...\n",
        ),
        ("from __future__ import x\nimport p\n", "from __future__ import x\nimport p\nfrom m import n\n"),
        ("'doc'\r\n\r\nimport os\r\n", "'doc'\r\n\r\nimport os\r\n\r\nfrom m import n\r\n"),
        # What the first block is
        ("import p\nx = 1\nimport z\n", "import p\nfrom m import n\nx = 1\nimport z\n"),
        ("x = 1\nimport z\n", "x = 1\nimport z\nfrom m import n\n"),
        ("def f(): ...\nimport z\n", "from m import n\n\n\ndef f(): ...\nimport z\n"),
        # Statements over several lines
        (
            "from x import (\n    y,\n)\nfrom z import w\n",
            "from m import n\nfrom x import (\n    y,\n)\nfrom z import w\n",
        ),
        ("from b import \\\n    y\nfrom z import w\n", "from b import \\\n    y\nfrom m import n\nfrom z import w\n"),
    ],
)
def test_new_statement_goes_to_its_place_in_the_order(before: str, after: str) -> None:
    assert settle(before, add("m", "n")) == after


def test_plain_import_goes_above_those_of_names_unless_both_are_mixed() -> None:
    assert settle("from a import b\nfrom z import y\n", add("m")) == "import m\nfrom a import b\nfrom z import y\n"
    assert settle("from a import b\nimport d\n", add("m")) == "from a import b\nimport d\nimport m\n"
    assert settle("from __future__ import b\nfrom z import y\n", add("m")) == (
        "from __future__ import b\nimport m\nfrom z import y\n"
    )


def test_each_section_that_is_missing_stands_apart() -> None:
    needs = [add("os"), add("m", "n"), add("asyncio")]
    assert settle("from .b import x\n", *needs) == "import asyncio\nimport os\n\nfrom m import n\n\nfrom .b import x\n"
    assert settle("import b\n", *needs) == "import asyncio\nimport os\n\nimport b\nfrom m import n\n"
    assert (
        settle("import io\n\n\nx = 1\n", *needs)
        == "import asyncio\nimport io\nimport os\n\nfrom m import n\n\n\nx = 1\n"
    )
    assert settle("x\n", *needs) == "import asyncio\nimport os\n\nfrom m import n\n\nx\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("from f.t import T\n", "from m import n\n"),
        ("from f.t import T  # noqa: E402\n\nimport own\n", "from m import n  # noqa: E402\n\nimport own\n"),
        (
            "from f import F\nfrom f.t import T\nfrom z import y\n",
            "from f import F\nfrom m import n\nfrom z import y\n",
        ),
        (
            "from f.t import T\nfrom g import F\nfrom z import y\n",
            "from g import F\nfrom m import n\nfrom z import y\n",
        ),
        (
            "import os\n\nfrom f.t import T\n\nfrom own import x\n",
            "import os\n\nfrom m import n\n\nfrom own import x\n",
        ),
        ("from own import x\n\nfrom f.t import T\n\nx\n", "from own import x\n\nfrom m import n\n\nx\n"),
        ("from f.t import T\nimport z\nfrom own import x\n", "from m import n\nimport z\nfrom own import x\n"),
        ("import p\n\nfrom f import F\nfrom f.t import T\n", "import p\n\nfrom f import F\nfrom m import n\n"),
        ("import f.t\nimport z\n", "import z\nfrom m import n\n"),
        ("from f.t import T\n\nx = 1\nimport z\n", "from m import n\n\nx = 1\nimport z\n"),
    ],
)
def test_new_statement_takes_the_place_of_a_dropped_one(before: str, after: str) -> None:
    needs = [add("m", "n"), drop("f.t", "T"), drop("f.t")]
    assert settle(before, *needs) == after


def test_new_section_takes_the_place_of_one_that_goes() -> None:
    assert (
        settle("import os\n\nfrom .b import x\n", add("m", "n"), drop("os")) == "from m import n\n\nfrom .b import x\n"
    )
    assert settle("import os\n\n\nx = 1\n", add("m", "n"), drop("os")) == "from m import n\n\n\nx = 1\n"


def test_new_section_stands_below_one_whose_last_statement_goes() -> None:
    text = "import io\nimport os\n\n\nx = io\n"
    assert settle(text, add("m", "n"), drop("os")) == "import io\n\nfrom m import n\n\n\nx = io\n"
