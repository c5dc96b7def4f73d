"""Lines that come and go: no gaps, no lines that touch."""

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
        ("from a import b\n\nimport x\n", "import x\n"),
        ("'doc'\n\nfrom a import b\n\n\nx = 1\n", "'doc'\n\n\nx = 1\n"),
        ("import os\n\nfrom a import b\n\nimport x\n", "import os\n\nimport x\n"),
        ("import os\n\nfrom a import b\nimport x\n", "import os\n\nimport x\n"),
        ("import os\nfrom a import b\n\nimport x\n", "import os\n\nimport x\n"),
        ("import os\n\nfrom a import b\nfrom a import b as d\n\n\nx\n", "import os\n\n\nx\n"),
        ("from a import b\n\nfrom a import b as d\n\n\nx\n", "x\n"),
        ("# licence\n\nfrom a import b\n\nx\n", "# licence\n\nx\n"),
        ("from a import b\n\n# about x\nx\n", "# about x\nx\n"),
        ("x\r\n\r\nfrom a import b\r\n", "x\r\n"),
        ("x\n\n\nfrom a import b", "x\n"),
        ("from a import b\n", ""),
    ],
)
def test_dropped_statement_leaves_no_gap(before: str, after: str) -> None:
    assert settle(before, drop("a", "b")) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("def f(): ...\n", "import p\n\n\ndef f(): ...\n"),
        ("\n\ndef f(): ...\n", "import p\n\n\ndef f(): ...\n"),
        ("@x\ndef f(): ...\n", "import p\n\n\n@x\ndef f(): ...\n"),
        ("'doc'\n\n\nclass A: ...\n", "'doc'\n\nimport p\n\n\nclass A: ...\n"),
        ("'doc'\n\nclass A: ...\n", "'doc'\n\nimport p\n\n\nclass A: ...\n"),
        ("# licence\n\nasync def f(): ...\n", "# licence\n\nimport p\n\n\nasync def f(): ...\n"),
        ("# about f\ndef f(): ...\n", "import p\n\n\n# about f\ndef f(): ...\n"),
        ("#!/bin/sh\n# about f\ndef f(): ...\n", "#!/bin/sh\nimport p\n\n\n# about f\ndef f(): ...\n"),
        ("# licence", "# licence\n\nimport p\n"),
        ("'doc'\n# about x\nx\n", "'doc'\n\nimport p\n\n# about x\nx\n"),
        ("", "import p\n"),
        ("if x:\r\n\ty\r\n", "import p\r\n\r\nif x:\r\n\ty\r\n"),
    ],
)
def test_first_import_of_a_file_gets_the_blank_lines_of_a_formatter(before: str, after: str) -> None:
    assert settle(before, add("p")) == after


def test_lines_stay_where_an_edit_stands_between_them() -> None:
    text = "from a import b\n\n\nx\n"
    edit = Edit("m.py", 17, 17, "# about x\n")
    assert settle(text, drop("a", "b"), edits=[edit]) == "\n# about x\n\nx\n"
