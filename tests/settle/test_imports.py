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
        ("from a import (\n    b,  # b\n    bb  # bb\n)\n", "from a import (\n    b,  # b\n    bb,  # bb\n    c\n)\n"),
        ("from a import (\n    b,\n)\n", "from a import (\n    b,\n    c,\n)\n"),
        ("from a import b, \\\n    d\n", "from a import b, \\\n    c, d\n"),
        ("from a import b as c_\n", "from a import b as c_, c\n"),
        ("from a import c\n", "from a import c\n"),
        ("from a import b; import c\n", "from a import b, c; import c\n"),
        ("from . import b\nx\n", "from a import c\n\nfrom . import b\nx\n"),
        ("from .a import b\n", "from a import c\n\nfrom .a import b\n"),
        ("from a import *\n", "from a import *\nfrom a import c\n"),
        ("from a import c as d\n", "from a import c as d, c\n"),
        ("import a\n", "import a\nfrom a import c\n"),
        ("import x\n\nimport y\n\n\nz = 1\n", "import x\nfrom a import c\n\nimport y\n\n\nz = 1\n"),
        ("import x\r\ny\r\n", "import x\r\nfrom a import c\r\ny\r\n"),
        ("import x", "import x\nfrom a import c"),
        ("import x; y = (\n1)\nz\n", "import x; y = (\n1)\nfrom a import c\nz\n"),
        ('"""doc"""\nx = 1\n', '"""doc"""\n\nfrom a import c\n\nx = 1\n'),
        ('"""doc"""', '"""doc"""\n\nfrom a import c\n'),
        ('"""doc"""; x = [\n]\n', '"""doc"""; x = [\n]\n\nfrom a import c\n'),
        ('"""doc"""\nfrom __future__ import d\nx\n', '"""doc"""\nfrom __future__ import d\n\nfrom a import c\nx\n'),
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


def test_name_beside_another_module_at_the_top_goes_to_its_place() -> None:
    assert settle("from x import b\n", add("a", "c", beside="b")) == "from a import c\nfrom x import b\n"


@pytest.mark.parametrize(
    ("need", "line"),
    [
        (add("a.b"), "import a.b"),
        (add("a.b", asname="c"), "import a.b as c"),
        (add("a", "b", "c"), "from a import b as c"),
    ],
)
def test_writes_every_form_of_import_once(need: ImportNeed, line: str) -> None:
    once = settle("import A\n", need)
    assert once == f"import A\n{line}\n"
    assert settle(once, need) == once


def test_sorts_what_it_adds_and_adds_it_once() -> None:
    needs = [add("d", "e"), add("a", "c"), add("a", "b"), add("a", "c"), add("f")]
    assert settle("from a import x\n", *needs) == "import f\nfrom a import b, c, x\nfrom d import e\n"


def test_adds_a_name_and_a_statement_at_the_end() -> None:
    assert settle("from a import b", add("a", "c"), add("d", "e")) == "from a import b, c\nfrom d import e"


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
        ("'doc'\ny()\n", Edit("m.py", 6, 6, "await "), "'doc'\n\nfrom a import c\n\nawait y()\n"),
    ],
)
def test_adds_a_name_where_an_edit_stands(before: str, edit: Edit, after: str) -> None:
    assert settle(before, add("a", "c"), edits=[edit]) == after


def test_rewritten_import_is_neither_joined_nor_dropped() -> None:
    edit = Edit("m.py", 14, 15, "d")
    assert settle("from a import b\nx\n", drop("a", "b"), add("a", "c"), edits=[edit]) == (
        "from a import d\nfrom a import c\nx\n"
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("from a import b\nx\n", "from a import c\nx\n"),
        ("from a import b as d  # why\nx\n", "from a import c  # why\nx\n"),
        ("from a import b, x\nx\n", "from a import c, x\nx\n"),
        ("from a import C, b\nC\n", "from a import C, c\nC\n"),
        ("from a import b, d\nd\n", "from a import c, d\nd\n"),
        ("from a import z, b\nz\n", "from a import z, c\nz\n"),
        ("from a import (b)\nx\n", "from a import (c)\nx\n"),
        ("from a import (\n    b,  # why\n)\nx\n", "from a import (\n    c,  # why\n)\nx\n"),
        ("from a import (\n    b,  # b\n    d,  # d\n)\nd\n", "from a import (\n    c,\n    d,  # d\n)\nd\n"),
        ("from a import (\n    B,  # B\n    b  # b\n)\nB\n", "from a import (\n    B,  # B\n    c,\n)\nB\n"),
        ("from a import (\r\n\tB,\r\n\tb,\r\n)\r\nB\r\n", "from a import (\r\n\tB,\r\n\tc,\r\n)\r\nB\r\n"),
        ("from a import B, \\\n    b\nB\n", "from a import B, c\nB\n"),
        ("from a import b; import x\nx\n", "from a import c; import x\nx\n"),
        ("from a import b", "from a import c"),
    ],
)
def test_replaces_a_name_of_a_statement(before: str, after: str) -> None:
    assert settle(before, drop("a", "b"), add("a", "c")) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("def f():\n    from x import b\n\n    b\n", "def f():\n    from a import c\n\n    c\n"),
        ("def f():\n    import x as b  # why\n    b\n", "def f():\n    from a import c  # why\n    c\n"),
        ("def f():\n\tfrom x import b, d\n\td, b\n", "def f():\n\tfrom a import c\n\tfrom x import d\n\td, c\n"),
        ("def f(): from x import b; b\n", "def f(): from a import c; c\n"),
        ("def f(): from x import b, d; b\n", "def f(): from a import c; from x import d; c\n"),
        ("def f():\n    import d; from x import b; b\n", "def f():\n    import d; from a import c; c\n"),
        ("def f():\n    from x import b\n    from a import d\n    b\n", "def f():\n    from a import c, d\n    c\n"),
        ("def f():\n    from x import b\n    from a import c\n    b\n", "def f():\n    from a import c\n    c\n"),
        (
            "def f():\n    from x import b\n    d\n    from a import d\n    b\n",
            "def f():\n    from a import c\n    d\n    from a import d\n    c\n",
        ),
        ("from a import c\ndef f():\n    from x import b\n    b\n", "from a import c\ndef f():\n    c\n"),
        ("if TYPE_CHECKING:\n    from x import b\ny: b\n", "if TYPE_CHECKING:\n    from a import c\ny: c\n"),
        ("if t.TYPE_CHECKING: from x import b\ny: b\n", "if t.TYPE_CHECKING: from a import c\ny: c\n"),
        (
            "def f():\r\n\ttry:\r\n\t\tfrom x import b\r\n\texcept E:\r\n\t\tb = 1\r\n\tb\r\n",
            "def f():\r\n\tfrom a import c\r\n\ttry:\r\n\t\tfrom x import b\r\n\texcept E:\r\n\t\tb = 1\r\n\tc\r\n",
        ),
        (
            "try:\n    from x import b\nexcept E: pass\nb\n",
            "from a import c\n\ntry:\n    from x import b\nexcept E: pass\nc\n",
        ),
        ("class A:\n    from x import b\n    b\n", "from a import c\n\n\nclass A:\n    from x import b\n    c\n"),
    ],
)
def test_new_statement_stands_beside_a_nested_one(before: str, after: str) -> None:
    needs = [add("a", "c", beside="b"), drop("x", "b"), drop("x")]
    at = before.rindex("b")
    assert settle(before, *needs, edits=[Edit("m.py", at, at + 1, "c")]) == after


def test_nested_import_of_several_names() -> None:
    text = "def f():\n    from x import b\n    return b\n"
    needs = [add("a", "d", beside="b"), add("e", beside="b"), add("a", "C", beside="b"), drop("x", "b")]
    assert settle(text, *needs, edits=[Edit("m.py", 40, 41, "c")]) == (
        "def f():\n    import e\n    from a import C, d\n    return c\n"
    )


def test_nested_import_is_left_out_where_the_same_run_imports_the_name_at_the_top() -> None:
    text = "import A\ndef f():\n    from x import b\n    return b\n"
    needs = [add("a", "c", beside="b"), add("a", "c"), drop("x", "b")]
    assert (
        settle(text, *needs, edits=[Edit("m.py", 49, 50, "c")]) == "import A\nfrom a import c\ndef f():\n    return c\n"
    )


def test_new_statement_stands_beside_the_nested_one_on_its_line() -> None:
    text = "def f():\n    from x import b\n\n\ndef g():\n    from x import b\n"
    need = ImportNeed("m.py", "a", "c", beside="b", line=6)
    assert settle(text, need) == text[:-20] + "    from a import c\n    from x import b\n"


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
    "def f():\n    from a import b, c; b",
    "def f(): from a import b; return c",
    "class A:\n    def f(self):\n        import a.b\n\n        return a",
    "import os\nimport sys",
    "from .x import y",
    "from a import (  # a\n    b,  # b\n    # of B\n    B  # of B\n)",
    "if TYPE_CHECKING:\n    import zz\n\n    from a import b\n\n\nz: b",
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
    # Nobody drops what the same run adds.
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
    # What was beside a statement that is gone, or beside a name that now means more, is not found there again.
    moved = {need.asname or need.name or need.module for need in needs}
    assert settle(result, *(need for need in adds if need.beside not in moved)) == result
    code = [line for line in text.splitlines() if line.strip() and "import" not in line and not line.startswith(" ")]
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
