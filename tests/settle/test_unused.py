"""Imports that nothing uses any more: which go, and what goes with them."""

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
    edits = [Edit("m.py", 16, 17, "c")]
    assert settle(text, drop("a", "b")) == text
    assert settle(text, drop("a", "b"), edits=edits) == "c()\n"
    assert settle(text, drop("a", "b"), add("a", "c"), edits=edits) == "from a import c\nc()\n"


def test_keeps_the_comments_of_the_names_that_stay() -> None:
    text = "from a import (  # of a\n    b,  # b\n    c,  # c\n    # d comes last\n    d  # d\n)\n"
    assert settle(text + "c, d\n", drop("a", "b")) == text.replace("    b,  # b\n", "") + "c, d\n"
    assert settle(text + "b, c\n", drop("a", "d")) == text.replace("    d  # d\n", "") + "b, c\n"
    assert settle(text + "b, d\n", drop("a", "c")) == text.replace("    c,  # c\n", "") + "b, d\n"


@pytest.mark.parametrize(
    ("text", "is_used"),
    [
        ("__all__ = ['b']", True),
        ("x: 'b'", True),
        ("x: 'dict[str, b] | None'", True),
        ("x: \"list['b']\"", True),
        ("patch('tests.test_x.b')", True),
        ("def f() -> ' b ': ...", True),
        ("def f():\n    global b", True),
        ('"""b"""', False),
        ('def f():\n    """b"""', False),
        ("x = 'Tests with b.'", False),
        ("x = 'b is 1'", False),
        ("x = 'b()'", False),
        ("x = 'b\\0'", False),
        ("x = f'{y} with b'", False),
        ("x = '" + "b[" * 300 + "'", False),
        ("x = b'b'", False),
        ("x.b", False),
        ("y(b=1)", False),
    ],
)
def test_counts_only_strings_that_could_be_code(text: str, is_used: bool) -> None:
    before = f"from a import b\n{text}\n"
    assert settle(before, drop("a", "b")) == (before if is_used else f"{text}\n")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("def f():\n    from a import b\n\n    return b\n", "def f():\n    return c\n"),
        ("def f():\n    import x\n    from a import b\n\n    b\n", "def f():\n    import x\n\n    c\n"),
        ("def f():\n    import x; from a import b\n    b\n", "def f():\n    import x\n    c\n"),
        ("def f(): from a import b; return b\n", "def f(): return c\n"),
        ("class A:\n\tdef f(self):\n\t\tfrom a import b\n\t\tb\n", "class A:\n\tdef f(self):\n\t\tc\n"),
        ("def f():\n    from a import b, x\n    x, b\n", "def f():\n    from a import x\n    x, c\n"),
        ("if x:\n    def f():\n        from a import b\n        b\n", "if x:\n    def f():\n        c\n"),
        ("async def f():\n    if x:\n        from a import b\n        b\n", "async def f():\n    if x:\n        c\n"),
        (
            "def f():\n    match x:\n        case 1:\n            from a import b\n            b\n",
            "def f():\n    match x:\n        case 1:\n            c\n",
        ),
        ("def f():\r\n    from a import b\r\n    b", "def f():\r\n    c"),
    ],
)
def test_drops_from_functions_what_they_do_not_use_any_more(before: str, after: str) -> None:
    at = before.rindex("b")
    assert settle(before, drop("a", "b"), edits=[Edit("m.py", at, at + 1, "c")]) == after


@pytest.mark.parametrize(
    "text",
    [
        "def f():\n    from a import b\n    x\n",  # imports it to see whether that works
        "def f():\n    from a import b\n    @\n    b\n",
        "def f():\n    from a import b\n    @\n    def g():\n        b\n",
        "def f():\n    global b\n    from a import b\n    @\n",
        "def f():\n    try:\n        from a import b\n        x\n    except E:\n        y\n    @\n",
        "def f():\n    if x:\n        from a import b\n    @\n",  # the block would be empty
        "class A:\n    from a import b\n    @\n",
        "try:\n    from a import b\n    x\nexcept E:\n    y\n@\n",
        "if x:\n    from a import b\n    y\n@\n",
        "if TYPE_CHECKING:\n    from a import b\n\n@\n",
        "if TYPE_CHECKING:\n    import x\nelse:\n    from a import b\n    y\n@\n",
    ],
)
def test_keeps_nested_imports_that_are_used_or_guarded(text: str) -> None:
    at = text.find("@")
    edits = [Edit("m.py", at, at + 1, "c")] if at >= 0 else []
    assert settle(text.replace("@", "b"), drop("a", "b"), edits=edits) == text.replace("@", "c")


def test_drops_for_each_function_by_itself() -> None:
    one = "def f():\n    from a import b\n    return b\n\n\n"
    other = "def g():\n    from a import b\n    return b\n"
    assert settle(one + other, drop("a", "b"), edits=[Edit("m.py", 40, 41, "c")]) == (
        "def f():\n    return c\n\n\n" + other
    )


def test_drops_what_only_type_checkers_read() -> None:
    text = "if TYPE_CHECKING:\n    from a import b\n    from x import y\n\nz: y\n"
    assert settle(text, drop("a", "b")) == "if TYPE_CHECKING:\n    from x import y\n\nz: y\n"


def test_thousand_branches_are_no_problem() -> None:
    text = "def f():\n    from a import b\n    if b: x\n" + "    elif x: x\n" * 300
    assert settle(text, drop("a", "b"), edits=[Edit("m.py", 36, 37, "c")]) == (
        "def f():\n    if c: x\n" + "    elif x: x\n" * 300
    )
