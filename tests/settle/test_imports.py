"""Imports that changes need, and those they leave unused: where they go, and what stays as it was."""

from __future__ import annotations

import ast
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from greenmod.apply import rewrite
from greenmod.model import Edit, ImportNeed
from greenmod.source import decode


def add(module: str, name: str | None = None, asname: str | None = None, beside: str | None = None) -> ImportNeed:
    return ImportNeed("m.py", module, name, asname, beside)


def drop(module: str, name: str | None = None) -> ImportNeed:
    return ImportNeed("m.py", module, name, action="drop")


def settle(text: str, *needs: ImportNeed, edits: Sequence[Edit] = ()) -> str:
    return rewrite("m.py", text.encode(), edits, needs).decode()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("from a import b\nx\n", "from a import b, c\nx\n"),
        ("from a import d  # why\nx\n", "from a import c, d  # why\nx\n"),
        ("from a import B, x\n", "from a import B, c, x\n"),
        ("from a import z, y\n", "from a import z, y, c\n"),
        ("from a import (b, d)\n", "from a import (b, c, d)\n"),
        ("from a import (\n    b,\n    d,\n)\n", "from a import (\n    b,\n    c,\n    d,\n)\n"),
        ("from a import (\n    b,  # b\n    bb  # bb\n)\n", "from a import (\n    b,  # b\n    bb,\n    c  # bb\n)\n"),
        ("from a import (\n    b,\n)\n", "from a import (\n    b,\n    c,\n)\n"),
        ("from a import b, \\\n    d\n", "from a import b, \\\n    c, d\n"),
        ("from a import b as c_\n", "from a import b as c_, c\n"),
        ("from a import c\n", "from a import c\n"),
        ("from a import b; import c\n", "from a import b, c; import c\n"),
        ("from . import b\nx\n", "from . import b\nfrom a import c\nx\n"),
        ("from .a import b\n", "from .a import b\nfrom a import c\n"),
        ("from a import *\n", "from a import *\nfrom a import c\n"),
        ("from a import c as d\n", "from a import c as d, c\n"),
        ("import a\n", "import a\nfrom a import c\n"),
        ("import x\n\nimport y\n\n\nz = 1\n", "import x\n\nimport y\nfrom a import c\n\n\nz = 1\n"),
        ("import x\r\ny\r\n", "import x\r\nfrom a import c\r\ny\r\n"),
        ("import x", "import x\nfrom a import c"),
        ("import x; y = (\n1)\nz\n", "import x; y = (\n1)\nfrom a import c\nz\n"),
        ('"""doc"""\nx = 1\n', '"""doc"""\n\nfrom a import c\nx = 1\n'),
        ('"""doc"""', '"""doc"""\n\nfrom a import c\n'),
        ('"""doc"""; x = [\n]\n', '"""doc"""; x = [\n]\n\nfrom a import c\n'),
        ('"""doc"""\nfrom __future__ import d\nx\n', '"""doc"""\nfrom __future__ import d\nfrom a import c\nx\n'),
        ("#!/bin/sh\n# coding: utf-8\nx = 1\n", "#!/bin/sh\n# coding: utf-8\nfrom a import c\n\nx = 1\n"),
        ("x = 1\n", "from a import c\n\nx = 1\n"),
        ("try:\n    import x\nexcept E:\n    x = None\ny\n", None),
        ("import x\ntry:\n    import y\nexcept E: pass\nimport z\nw\nimport late\n", None),
        ("é = 'ü'; from a import b\n", "é = 'ü'; from a import b, c\n"),
        ("\ufefffrom a import b\n", "\ufefffrom a import b, c\n"),
        ("\f\nimport x\n\f\ny\n", "\f\nimport x\nfrom a import c\n\f\ny\n"),
    ],
)
def test_adds_a_name_where_it_belongs(before: str, after: str | None, request: pytest.FixtureRequest) -> None:
    expected = {
        "try:\n": "from a import c\n\ntry:\n    import x\nexcept E:\n    x = None\ny\n",
        "impor": "import x\ntry:\n    import y\nexcept E: pass\nimport z\nfrom a import c\nw\nimport late\n",
    }
    assert settle(before, add("a", "c")) == (expected[before[:5]] if after is None else after)


def test_adds_a_name_beside_another() -> None:
    text = "import x\n\ndef f():\n    from a import b\n    return b\n"
    assert settle(text, add("a", "c", beside="b")) == text.replace("import b", "import b, c")
    assert settle(text, add("a", "c")) == text.replace("import x\n", "import x\nfrom a import c\n")


def test_adds_a_name_beside_the_one_on_its_line() -> None:
    text = "try:\n    from a import b\nexcept E:\n    from a import b\n"
    need = ImportNeed("m.py", "a", "c", beside="b", line=4)
    assert settle(text, need) == "try:\n    from a import b\nexcept E:\n    from a import b, c\n"


def test_name_beside_another_module_goes_to_the_top() -> None:
    assert settle("from x import b\n", add("a", "c", beside="b")) == "from x import b\nfrom a import c\n"


@pytest.mark.parametrize(
    ("need", "line"),
    [
        (add("a.b"), "import a.b"),
        (add("a.b", asname="c"), "import a.b as c"),
        (add("a", "b", "c"), "from a import b as c"),
    ],
)
def test_writes_every_form_of_import_once(need: ImportNeed, line: str) -> None:
    once = settle("import x\n", need)
    assert once == f"import x\n{line}\n"
    assert settle(once, need) == once


def test_sorts_what_it_adds_and_adds_it_once() -> None:
    needs = [add("d", "e"), add("a", "c"), add("a", "b"), add("a", "c"), add("f")]
    assert settle("from a import x\n", *needs) == "from a import b, c, x\nfrom d import e\nimport f\n"


def test_import_that_is_rewritten_by_a_change_gets_no_name() -> None:
    edit = Edit("m.py", 14, 15, "d")
    assert settle("from a import b\nx\n", add("a", "c"), edits=[edit]) == "from a import d\nfrom a import c\nx\n"


@pytest.mark.parametrize(
    ("before", "edit", "after"),
    [
        ("import x\ny()\n", Edit("m.py", 9, 9, "await "), "import x\nfrom a import c\nawait y()\n"),
        ("y()\n", Edit("m.py", 0, 0, "await "), "from a import c\n\nawait y()\n"),
        ("import x", Edit("m.py", 8, 8, " as y"), "import x as y\nfrom a import c"),
        ("import x\ny()\n", Edit("m.py", 9, 13, ""), "import x\nfrom a import c\n"),
        ("import x\ny()\n", Edit("m.py", 0, 9, ""), "from a import c\ny()\n"),
        ("'doc'\ny()\n", Edit("m.py", 6, 6, "await "), "'doc'\n\nfrom a import c\nawait y()\n"),
    ],
)
def test_adds_a_name_where_an_edit_stands(before: str, edit: Edit, after: str) -> None:
    assert settle(before, add("a", "c"), edits=[edit]) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import x\nfrom a import b\ny\n", "import x\ny\n"),
        ("from a import b, c\nc\n", "from a import c\nc\n"),
        ("from a import c, b\nc\n", "from a import c\nc\n"),
        ("from a import (\n    c,\n    b,\n)\nc\n", "from a import (\n    c,\n)\nc\n"),
        ("from a import (\n    b,\n    c,\n)\nc\n", "from a import (\n    c,\n)\nc\n"),
        ("from a import b as d\nb\n", "b\n"),
        ("from a import b\nb\n", "from a import b\nb\n"),
        ("from a import b\n__all__ = ['b']\n", "from a import b\n__all__ = ['b']\n"),
        ("from a import b\nx: 'list[b]'\n", "from a import b\nx: 'list[b]'\n"),
        ("from a import b; x = 1\n", "x = 1\n"),
        ("x = 1; from a import b\n", "x = 1\n"),
        ("x = 1; from a import b; y\n", "x = 1; y\n"),
        ("x = '\\d'\nfrom a import b\n", "x = '\\d'\n"),
        ("x\nfrom a import b", "x\n"),
        ("from x import b\n", "from x import b\n"),
        ("from .a import b\n", "from .a import b\n"),
        ("def f():\n    from a import b\n", "def f():\n    from a import b\n"),
    ],
)
def test_drops_a_name_that_nothing_uses(before: str, after: str) -> None:
    assert settle(before, drop("a", "b")) == after


def test_drops_several_names_of_one_statement() -> None:
    needs = [drop("a", "b"), drop("a", "d"), drop("a", "c")]
    assert settle("from a import b, c, d\nx\n", *needs) == "x\n"
    assert settle("from a import b, c, d\nc\n", *needs) == "from a import c\nc\n"
    assert settle("from a import x, b, c, d\nx\n", *needs) == "from a import x\nx\n"
    assert settle("from a import b, c, x, d\nx\n", *needs) == "from a import x\nx\n"


def test_drops_a_module_and_keeps_the_one_beside_it() -> None:
    assert settle("import a.b, c\nc\n", drop("a.b")) == "import c\nc\n"
    assert settle("import a.b\na.c\n", drop("a.b")) == "import a.b\na.c\n"


def test_drops_what_an_edit_leaves_unused() -> None:
    text = "from a import b\nb()\n"
    assert settle(text, drop("a", "b"), add("a", "c"), edits=[Edit("m.py", 16, 17, "c")]) in (
        "from a import c\nc()\n",
        "from a import b, c\nc()\n",  # where the two would touch, the old name stays
    )


IMPORTS = (
    "import a",
    "import a as x",
    "import a.b, c",
    "from a import b",
    "from a import (\n    b,\n    d as e,\n)",
    "from a import b, \\\n    z",
    "from . import a",
    "from a import *",
    "try:\n    from a import b\nexcept ImportError:\n    b = None",
    "if TYPE_CHECKING:\n    from a import c",
    "import a; import c",
    "x = 1",
    "# comment",
    "",
    "def f():\n    from a import b",
    "'''doc\n'''",
)
NEEDS = st.builds(
    ImportNeed,
    st.just("m.py"),
    st.sampled_from(["a", "a.b", "c"]),
    st.sampled_from([None, "b", "B", "c", "zz"]),
    st.sampled_from([None, None, "alias"]),
    st.sampled_from([None, None, "b"]),
    st.sampled_from(["add", "add", "drop"]),
)


@settings(max_examples=150, deadline=None)
@given(
    lines=st.lists(st.sampled_from(IMPORTS), max_size=6),
    needs=st.lists(NEEDS, min_size=1, max_size=4),
    newline=st.sampled_from(["\n", "\r\n", "\r"]),
    end=st.booleans(),
)
def test_whatever_stands_there_the_result_is_valid_and_settled(
    lines: list[str], needs: list[ImportNeed], newline: str, end: bool
) -> None:
    wanted = {(need.module, need.name) for need in needs if need.action == "add"}
    needs = [need for need in needs if need.action == "add" or (need.module, need.name) not in wanted]
    text = ("\n".join(lines) + "\n" * end).replace("\n", newline)
    result = settle(text, *needs)
    source = decode("m.py", result.encode())
    if newline in source.text:
        assert source.newline == newline
    tree = ast.parse(result)
    adds = [need for need in needs if need.action == "add"]
    for need in adds:
        assert _is_imported(tree, need)
    assert settle(result, *adds) == result
    code = [line for line in text.splitlines() if "import" not in line and not line.startswith("    ")]
    left = result.splitlines()
    assert [line for line in code if line not in left] == []


def _is_imported(tree: ast.Module, need: ImportNeed) -> bool:
    for node in ast.walk(tree):
        for alias in node.names if isinstance(node, (ast.Import, ast.ImportFrom)) else ():
            module = node.module if isinstance(node, ast.ImportFrom) and not node.level else None
            found = (module, alias.name) if isinstance(node, ast.ImportFrom) else (alias.name, None)
            if found == (need.module, need.name) and alias.asname == need.asname:
                return True
    return False
