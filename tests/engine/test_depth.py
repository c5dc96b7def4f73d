"""Sources that would take LibCST's parser, and with it the process, down: they are told by their text."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import libcst as cst
import pytest

from greenmod.description import CodemodSpec
from greenmod.engine import depth
from greenmod.engine.work import Proposal

DEEP: dict[str, Callable[[int], str]] = {
    "parentheses": lambda size: "target = " + "(" * size + "1" + ")" * size,
    "lists": lambda size: "target = " + "[" * size + "]" * size,
    "calls in calls": lambda size: "target = " + "f(" * size + ")" * size,
    "sum": lambda size: "target = " + "1 + " * size + "1",
    "sum over lines": lambda size: "target = (\n" + "'#(' +\n" * size + "'')",
    "power": lambda size: "target = " + "1 ** " * size + "1",
    "attributes": lambda size: "target = a" + ".b" * size,
    "chained calls": lambda size: "target = a" + ".b(1, 2)" * size,
    "subscripts": lambda size: "target = a" + "[0]" * size,
    "negations": lambda size: "target = " + "not " * size + "a",
    "signs": lambda size: "target = " + "-" * size + "1",
    "conditions": lambda size: "target = " + "a if b else " * size + "c",
    "lambdas": lambda size: "target = " + "lambda: " * size + "1",
    "and": lambda size: "target = " + "a and " * size + "a",
    "or over lines": lambda size: "target = (a\n" + "  or a\n" * size + ")",
    "strings": lambda size: "target = (\n" + "'text'\n" * size + ")",
    "comprehension": lambda size: "target = [a" + " for a in b" * size + "]",
    "elif": lambda size: "if target: pass\n" + "elif a: pass\n" * size,
    "import": lambda size: "import target, " + "a." * size + "a",
    "f-string": lambda size: "target = f'text {" + "a + " * size + "a}'",
    "backslashes": lambda size: "target = " + "1 + \\\n" * size + "1",
    "Python 2": lambda size: "print target\nx = " + "1 + " * size + "1",
}
SHALLOW = {
    "table": "target = [\n" + "    (1.5, -2, 'a' + 'b', {'c': d.e}),\n" * 5000 + "]",
    "lines": "a = b.c(d) + (e or f) and not g\n" * 5000,
    "comments": "target = 1  # a.b.c (((( and or not\n" * 5000,
    "text": "target = '''" + "it's a + b - c. (and (so (on [\n" * 5000 + "'''",
    "f-string": "target = f'''" + "it's a + b - c. and so on {a.b}\n" * 5000 + "'''",
    "calls": "target(\n" + "    a.b(c), d[e], *f, g=h,\n" * 5000 + ")",
    "many ifs": "if a:\n    b\nelif c:\n    d\n" * 1900,
    "escapes": "target = ['\\'', \"\\\"(\", r'\\(', b'[', '''\\''''''] \n" * 2000,
}


@pytest.mark.parametrize("shape", sorted(DEEP))
def test_deep_source_is_a_problem(
    shape: str, codemod: Callable[[str], CodemodSpec], propose_on: Callable[..., Proposal]
) -> None:
    rename = codemod(
        """
    name = "rename-target"
    triggers = ("target",)

    def leave_Name(self, original, updated):
        return self.change(original, cst.Name("renamed"), "Rename") if original.value == "target" else updated
"""
    )
    proposal = propose_on(f"{DEEP[shape](20_000)}\n".encode(), rename)
    assert proposal.pieces == ()
    assert [(problem.kind, "nested too deeply" in problem.message) for problem in proposal.problems] == [
        ("syntax", True)
    ]


@pytest.mark.parametrize("shape", sorted(DEEP))
def test_the_deepest_text_that_passes_does_libcst_no_harm(shape: str) -> None:
    size = max(size for size in range(50, 600, 50) if not depth.is_too_deep(DEEP[shape](size)))
    assert size >= 150
    with nullcontext() if shape != "Python 2" else pytest.raises(cst.ParserSyntaxError):
        cst.parse_module(DEEP[shape](size))


@pytest.mark.parametrize("shape", sorted(SHALLOW))
def test_long_source_is_not_taken_for_a_deep_one(shape: str) -> None:
    assert len(SHALLOW[shape]) > 20_000
    assert not depth.is_too_deep(SHALLOW[shape])


def test_our_own_code_is_not_deep() -> None:
    folder = Path(depth.__file__).parents[1]
    assert not any(depth.is_too_deep(path.read_text(encoding="utf-8")) for path in folder.rglob("*.py"))
