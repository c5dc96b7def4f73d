"""From replaced nodes to edits: together they are LibCST's own result, apart each leaves valid code."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

import libcst as cst
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from greenmod.api import Codemod, Context
from greenmod.engine.placing import Placed, place
from greenmod.engine.tokens import apply_spans
from greenmod.engine.written import NotReproduced, Written
from greenmod.errors import CodemodError
from greenmod.facts.record import FileFacts

FRAGMENTS = (
    "a(b, c)",
    "x = a(b(c(d)), e=f(g)) # a(b)",
    "a(b(), b(), b())(c)(d)",
    "a.b(c).d(e(f))[g(h)].i()",
    "x = [a(b), *c(d), {e(f): g(h)}]",
    "def f(a=b(c)):\n    '''doc'''\n    d(e)  # e\n    return (g(h),)",
    "@a(b)\nclass A(b(c)):\n\n    # above\n    c = d(e)\n    def m(self): return self.a(b)",
    'f"{a(b)!r:>{c(d)}} text {e(f(g))}"',
    "if a(b) and not c(d) or e(f): g(h)",
    "a(  # why\n    b,\n    # last\n    c(d),\n)",
    "a(b); c(d); e(f)",
    "for a in b(c):\n    d(e)\nelse:\n    f(g)",
    "with a(b) as c, d(e): f(g)",
    "a(b) if c(d) else (lambda: e(f))",
    "a (b)  (c)",
    "assert a(b), (c(d))",
    "return_ = a(a(a(a)))",
)


@st.composite
def texts(draw: st.DrawFn) -> str:
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    text = "\n".join(draw(st.lists(st.sampled_from(FRAGMENTS), min_size=1, max_size=4)))
    return (text + draw(st.sampled_from(["", "\n"]))).replace("\n", newline)


class Mixed(Codemod):
    """Does to each site what its next number says."""

    name = "mixed"

    def __init__(self, numbers: Sequence[int]) -> None:
        super().__init__(Context("m.py", lambda: FileFacts("m.py", (), (), (), (), {}), {}))
        self._numbers: Iterator[int] = iter(numbers)

    def draws(self, number: int) -> bool:
        return next(self._numbers, 0) == number


class Harmless(Mixed):
    """Replacements that are valid in any company."""

    def leave_Name(self, original: cst.Name, updated: cst.Name) -> cst.Name:
        if self.draws(1):
            return self.change(original, updated.with_changes(value=f"new_{original.value}"), "Rename")
        return updated

    def leave_Call(self, original: cst.Call, updated: cst.Call) -> cst.BaseExpression:
        if self.draws(1):
            return self.change(original, cst.Await(updated, lpar=[cst.LeftParen()], rpar=[cst.RightParen()]), "Await")
        if self.draws(2):
            added = cst.Arg(cst.Integer("1"), cst.Name("added"), equal=cst.AssignEqual(cst.SimpleWhitespace("")))
            return self.change(original, updated.with_changes(args=[*updated.args, added]), "Add")
        if self.draws(3):
            return self.change(original, cst.Call(cst.Name("outer"), [cst.Arg(updated)]), "Wrap")
        return updated


class Rough(Harmless):
    """Replacements of everything that has a place: statements, arguments, functions."""

    def leave_Arg(self, original: cst.Arg, updated: cst.Arg) -> cst.Arg | cst.RemovalSentinel:
        if self.draws(1):
            return self.change(original, cst.RemoveFromParent(), "Remove")
        if self.draws(2):
            return self.change(original, updated.with_changes(star="*", keyword=None), "Unpack")
        return updated

    def leave_SimpleStatementLine(
        self, original: cst.SimpleStatementLine, updated: cst.SimpleStatementLine
    ) -> cst.SimpleStatementLine | cst.RemovalSentinel | cst.FlattenSentinel[cst.BaseStatement]:
        if self.draws(1):
            return self.change(original, cst.RemoveFromParent(), "Remove")
        if self.draws(2):
            return self.change(original, cst.FlattenSentinel([cst.parse_statement("first()"), updated]), "Insert")
        if self.draws(3):
            return self.change(original, cst.FlattenSentinel([updated, cst.parse_statement("last()")]), "Append")
        return updated

    def leave_FunctionDef(self, original: cst.FunctionDef, updated: cst.FunctionDef) -> cst.FunctionDef:
        if self.draws(1):
            return self.change(original, updated.with_changes(asynchronous=cst.Asynchronous()), "Make async")
        if self.draws(2):
            decorators = [*updated.decorators, cst.Decorator(cst.Name("added"))]
            return self.change(original, updated.with_changes(decorators=decorators), "Decorate")
        return updated

    def leave_Expr(self, original: cst.Expr, updated: cst.Expr) -> cst.Expr | cst.RemovalSentinel:
        return self.change(original, cst.RemoveFromParent(), "Remove") if self.draws(1) else updated


def run(codemod: Mixed, text: str) -> tuple[list[Placed], str]:
    module = cst.parse_module(text)
    result = module.visit(codemod)
    assert isinstance(result, cst.Module)
    return place(Written(module, text), result, codemod.records), result.code


def applied(text: str, placed: Sequence[Placed], chosen: Sequence[bool] | None = None) -> str:
    picked = [p for index, p in enumerate(placed) if chosen is None or chosen[index]]
    return apply_spans(text, sorted(span for p in picked for span in p.spans))


@pytest.mark.parametrize("kind", [Harmless, Rough])
@settings(max_examples=150, deadline=None)
@given(text=texts(), numbers=st.lists(st.integers(0, 3), max_size=80))
def test_all_changes_together_give_what_libcst_gives(kind: type[Mixed], text: str, numbers: list[int]) -> None:
    placed, code = run(kind(numbers), text)
    assert applied(text, placed) == code


@settings(max_examples=150, deadline=None)
@given(text=texts(), numbers=st.lists(st.integers(0, 3), max_size=80), data=st.data())
def test_any_subset_of_changes_compiles(text: str, numbers: list[int], data: st.DataObject) -> None:
    placed, _ = run(Harmless(numbers), text)
    size = len(placed)
    chosen = data.draw(st.lists(st.booleans(), min_size=size, max_size=size))
    ast.parse(applied(text, placed, chosen))


class Renaming(Mixed):
    """Renames every `b` and awaits every call of `a`, one inside the other."""

    def leave_Name(self, original: cst.Name, updated: cst.Name) -> cst.Name:
        return self.change(original, cst.Name("bb"), "Rename") if original.value == "b" else updated

    def leave_Call(self, original: cst.Call, updated: cst.Call) -> cst.BaseExpression:
        is_a = isinstance(original.func, cst.Name) and original.func.value == "a"
        return self.change(original, cst.Await(updated), "Await") if is_a else updated


class Swallowing(Mixed):
    """Renames every `b`, and replaces the call around it by something without it."""

    def leave_Name(self, original: cst.Name, updated: cst.Name) -> cst.Name:
        return self.change(original, cst.Name("bb"), "Rename") if original.value == "b" else updated

    def leave_Call(self, original: cst.Call, updated: cst.Call) -> cst.BaseExpression:
        return self.change(original, cst.Name("c"), "Swallow")


class Appending(Mixed):
    """Says something after each statement."""

    def leave_SimpleStatementLine(
        self, original: cst.SimpleStatementLine, updated: cst.SimpleStatementLine
    ) -> cst.FlattenSentinel[cst.BaseStatement]:
        return self.change(original, cst.FlattenSentinel([updated, cst.parse_statement("after()")]), "Append")


def test_nested_changes_are_insertions_that_can_be_told_apart() -> None:
    placed, _ = run(Renaming([]), "x = a(b, a(b))\n")
    assert [p.spans for p in placed] == [
        [(4, 4, "await ")],
        [(6, 7, "bb")],
        [(9, 9, "await ")],
        [(11, 12, "bb")],
    ]


def test_changes_that_touch_each_other_become_one() -> None:
    placed, code = run(Swallowing([]), "x = a(b)\n")
    assert [[record.title for record in p.records] for p in placed] == [["Rename", "Swallow"]]
    assert applied("x = a(b)\n", placed) == code == "x = c\n"


@pytest.mark.parametrize("text", ["a()\nb()", "a()\r\nb()", "def f():\n    a()\n    b()", "a()\nb()\n"])
def test_statements_stay_apart_when_the_file_has_no_last_line_end(text: str) -> None:
    placed, code = run(Appending([]), text)
    assert len(placed) == 2
    assert applied(text, placed) == code


def test_change_without_a_difference_is_none() -> None:
    class Same(Mixed):
        def leave_Name(self, original: cst.Name, updated: cst.Name) -> cst.Name:
            return self.change(original, cst.Name(original.value), "Nothing")

    assert run(Same([]), "a\n")[0] == []


class Negating(Mixed):
    """Turns every condition around."""

    def leave_If(self, original: cst.If, updated: cst.If) -> cst.If:
        test = cst.UnaryOperation(cst.Not(), updated.test)
        return self.change(original, updated.with_changes(test=test), "Negate")


class Emptying(Mixed):
    """Leaves nothing of the statements but their lines."""

    def leave_SimpleStatementLine(
        self, original: cst.SimpleStatementLine, updated: cst.SimpleStatementLine
    ) -> cst.SimpleStatementLine:
        return self.change(original, updated.with_changes(body=[]), "Empty")


@pytest.mark.parametrize(
    ("kind", "text", "result"),
    [
        (Negating, "if a: b\nelif c:\n    d\n", "if not a: b\nelif not c:\n    d\n"),
        (Emptying, "if a:\n    b\nc\n", "if a:\n    pass\n"),
    ],
    ids=["elif", "empty line"],
)
def test_statements_are_what_the_blocks_around_make_of_them(kind: type[Mixed], text: str, result: str) -> None:
    placed, code = run(kind([]), text)
    assert applied(text, placed) == code == result


def test_knows_where_nodes_stand() -> None:
    text = "# above\n\nif a:\n  x = (\n    b)\n"
    module = cst.parse_module(text)
    written = Written(module, text)
    line = cst.ensure_type(cst.ensure_type(module.body[0], cst.If).body.body[0], cst.SimpleStatementLine)
    assert written.span(line) == (15, len(text), 17, ("  ",))
    assert written.span(cst.ensure_type(line.body[0], cst.Assign).value) == (21, 29, 27, ("  ",))
    assert written.span(module).start == 0


def test_refuses_a_node_that_is_not_in_the_file() -> None:
    with pytest.raises(CodemodError, match="Pass the \\*original\\* node"):
        Written(cst.parse_module("a\n"), "a\n").span(cst.Name("a"))


def test_refuses_a_text_that_libcst_does_not_give_back() -> None:
    module = cst.parse_module("a\n")
    with pytest.raises(NotReproduced):
        Written(module, "a \n").span(module.body[0])
