"""What LibCST is shown of a file: less than all of it, and always with the same result."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from greenmod.description import CodemodSpec
from greenmod.engine.work import Proposal

RENAME = """
    name = "rename-target"
    triggers = ("target",)
    statement_local = True

    def leave_Name(self, original, updated):
        if original.value != "target":
            return updated
        return self.change(original, updated.with_changes(value="renamed"), "Rename")
"""
WRAP = """
    name = "await-target"
    triggers = ("target",)
    statement_local = True

    def leave_Call(self, original, updated):
        if not isinstance(original.func, cst.Name) or original.func.value != "target":
            return updated
        return self.change(original, cst.Await(updated), "Await")
"""
REMOVE = """
    name = "remove-target"
    triggers = ("target",)
    statement_local = True

    def leave_SimpleStatementLine(self, original, updated):
        first = original.body[0]
        if not (isinstance(first, cst.Expr) and "target" in cst.Module([original]).code):
            return updated
        return self.change(original, cst.RemoveFromParent(), "Remove")
"""
DOUBLE = """
    name = "double-target"
    triggers = ("target",)
    statement_local = True

    def leave_SimpleStatementLine(self, original, updated):
        first = original.body[0]
        if not (isinstance(first, cst.Expr) and "target" in cst.Module([original]).code):
            return updated
        twice = cst.FlattenSentinel([cst.parse_statement("before()"), updated])
        return self.change(original, twice, "Say it before")
"""
APPEND = DOUBLE.replace('[cst.parse_statement("before()"), updated]', '[updated, cst.parse_statement("after()")]')
DECORATE = """
    name = "decorate-functions"
    triggers = ("target",)
    statement_local = True

    def leave_FunctionDef(self, original, updated):
        if "target" not in cst.Module([original]).code:
            return updated
        body = updated.body
        if isinstance(body, cst.IndentedBlock):
            body = body.with_changes(body=[*body.body, cst.parse_statement("last()")])
        decorators = [cst.Decorator(cst.Name("first")), *updated.decorators]
        return self.change(original, updated.with_changes(body=body, decorators=decorators), "Decorate")
"""
FRAGMENTS = (
    "x = target(1)",
    "target(a); y = 2; target(b)",
    "target(c);",
    "def f(a, *, b=target()):\n    '''doc target'''\n    return target(a)",
    "@target\n# comment\n@other(target)\nclass A(target):\n    # inside\n    b = target\n\n    def m(self): target()",
    "class B: target = 1",
    "class C:\n    target()",
    "class D:\n    '''doc'''\n    target()\n    # below\n\n\n    other()\n",
    "# only a comment: target",
    "\f",
    "\f\n\f# target\n\fx = target",
    "if a:\n\ttarget()\n\telse_()\nelif b:\n\t\ttarget(2)\nelse:\n  pass",
    "s = '''target\n\ftarget\n  \f  target\n''' + target",
    "f\"{target(f'{target}')} and {target!r:>{target}} text\"",
    "value = target + \\\n    target",
    "async def g():\n    await target()\n    async with target as t: pass\n    return [target async for target in t]",
    "x = [\n    target,  # why\n\n  target,\n]",
    "try:\n    target()\nexcept E:\n    pass\nfinally:\n    target",
    "with a as b: target()",
    "def h():\n    x = 1\n\n    # above target\n    target(x)  # trailing\n    # below\n",
    "   # indented comment: target",
    "def i(\n    a,\n    b=target,\n): return target(\n    a\n)",
    "def j(self):\n    \f\n  \f    target()\n\f    target(1)\n    y = 1",
    "if True:\n    def nested():\n        target()\n        def deeper():\n            target()\n"
    "    class K:\n        target: target",
    "lambda: (yield target)",
    "é = 'ü'; target(é, 'ß')  # ø target",
    "''' é\n ü '''; target('''ä\n''', target)",
    "x = 1",
    "import a, b",
    "",
    "  ",
)


@st.composite
def odd_files(draw: st.DrawFn) -> bytes:
    """Draw a valid file of odd fragments: line ends, encodings, marks, no line end at the end."""
    text = "\n".join(draw(st.lists(st.sampled_from(FRAGMENTS), min_size=1, max_size=8)))
    encoding, cookie = draw(st.sampled_from([("utf-8", ""), ("latin-1", "latin-1"), ("cp1252", "windows-1252")]))
    text = f"# -*- coding: {cookie} -*-\n{text}" if cookie else text
    ends = draw(st.sampled_from([("\n",), ("\r\n",), ("\r",), ("\n", "\r\n"), ("\n", "\r", "\r\n")]))
    lines = text.split("\n")
    chosen = draw(st.lists(st.sampled_from(ends), min_size=len(lines), max_size=len(lines)))
    chosen[-1] = draw(st.sampled_from(["", chosen[-1]]))
    data = "".join(line + end for line, end in zip(lines, chosen, strict=True)).encode(encoding)
    return b"\xef\xbb\xbf" + data if encoding == "utf-8" and draw(st.booleans()) else data


def lines_with_target(data: bytes) -> tuple[int, ...]:
    return tuple(number for number, line in enumerate(re.split(rb"\r\n|\r|\n", data), 1) if b"target" in line)


@pytest.mark.parametrize("body", [RENAME, WRAP, REMOVE], ids=["rename", "wrap", "remove"])
@settings(max_examples=60, deadline=None)
@given(data=odd_files())
def test_statements_give_what_the_whole_file_gives(
    body: str,
    data: bytes,
    codemod: Callable[[str], CodemodSpec],
    propose_on: Callable[..., Proposal],
    rewritten: Callable[..., bytes],
) -> None:
    spec = codemod(body)
    on_whole_file = replace(spec, statement_local=False)
    assume(not propose_on(data, on_whole_file).problems)  # LibCST loses some comments at the end of a file
    expected = rewritten(data, on_whole_file)
    assert rewritten(data, spec) == expected
    for innermost in (False, True):
        assert rewritten(data, on_whole_file, lines=lines_with_target(data), innermost=innermost) == expected


@pytest.mark.parametrize("body", [DOUBLE, APPEND, DECORATE], ids=["before", "after", "inside"])
@settings(max_examples=60, deadline=None)
@given(data=odd_files())
def test_statements_gain_the_same_lines_as_in_the_whole_file(
    body: str,
    data: bytes,
    codemod: Callable[[str], CodemodSpec],
    propose_on: Callable[..., Proposal],
    rewritten: Callable[..., bytes],
) -> None:
    spec = codemod(body)  # where line ends are mixed, either side of a new line may have the new one
    on_whole_file = replace(spec, statement_local=False)
    assume(not propose_on(data, on_whole_file).problems)
    expected = rewritten(data, on_whole_file).splitlines()
    assert rewritten(data, spec).splitlines() == expected
    lines = lines_with_target(data)
    assert rewritten(data, on_whole_file, lines=lines, innermost=True).splitlines() == expected


SEEN = """
    name = "see-all"

    def visit_Module(self, node):
        self.skip(node, "seen", node.code)
"""
BODIES = b"""import a
def f():
    before()
    with a as b:
        # above
        first(
            b
        )
        assert giant == {
        }
    return 1
class C:
    '''doc'''
    def m(self):
        long = [
        ]
        short
with a: b
"""


@pytest.mark.parametrize(
    ("innermost", "lines", "seen"),
    [
        (False, (6,), BODIES[BODIES.index(b"def f") : BODIES.index(b"class C")]),
        (True, (6,), b"def f():\n    with a as b:\n        # above\n        first(\n            b\n        )\n"),
        (True, (2,), b"def f():\n    before()\n"),
        (
            True,
            (4, 11),
            b"def f():\n    with a as b:\n        # above\n        assert giant == {\n        }\n    return 1\n",
        ),
        (True, (14, 18), b"class C:\n    def m(self):\n        short\nwith a: b\n"),
    ],
    ids=["statement", "inside", "header", "block", "several"],
)
def test_shows_no_more_than_is_asked_for(
    innermost: bool,
    lines: tuple[int, ...],
    seen: bytes,
    codemod: Callable[[str], CodemodSpec],
    propose_on: Callable[..., Proposal],
) -> None:
    (skip,) = propose_on(BODIES, codemod(SEEN), lines=lines, innermost=innermost).skips
    assert skip.reason == seen.decode()


UNWRAP = """
    name = "unwrap-target"

    def leave_With(self, original, updated):
        return self.change(original, cst.FlattenSentinel(updated.body.body), "Unwrap")

    def leave_ClassDef(self, original, updated):
        first = updated.body.with_changes(body=updated.body.body[:1])
        return self.change(original, updated.with_changes(body=first), "Empty")
"""


@pytest.mark.parametrize(
    ("text", "result"),
    [
        (b"with target:\n    a()\n    b()\nc()\n", b"a()\nb()\nc()\n"),
        (b"class target:\n    a = 1\n    b = 2\nc()\n", b"class target:\n    a = 1\nc()\n"),
    ],
    ids=["indentation", "removed"],
)
def test_shows_the_whole_file_when_a_whole_block_is_changed(
    text: bytes, result: bytes, codemod: Callable[[str], CodemodSpec], rewritten: Callable[..., bytes]
) -> None:
    assert rewritten(text, codemod(UNWRAP), lines=(1,), innermost=True) == result
