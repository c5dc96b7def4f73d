"""What a codemod's author gets: recorded changes and skips, names, scopes, imports, and words where it goes wrong."""

from __future__ import annotations

import libcst as cst
import pytest

from greenmod.api import Codemod, Context, ImportNeed, Safety, dotted
from greenmod.errors import CodemodError
from greenmod.facts.survey import parse, survey
from greenmod.source import decode

TEXT = """import httpx as h
from pydantic import BaseModel

def f():
    from pydantic import Field
    class Inner(BaseModel):
        x = Field(h.a.b)
    y().z
"""


class Asking(Codemod):
    """Collects what it is told about every name and attribute."""

    name = "ask-names"
    safety = Safety.UNSAFE

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.found: dict[str, str | None] = {}
        self.scopes: dict[str, str] = {}

    def visit_Attribute(self, node: cst.Attribute) -> None:
        self.found[cst.Module([]).code_for_node(node)] = self.qualified_name(node)

    def visit_Name(self, node: cst.Name) -> None:
        self.found[node.value] = self.qualified_name(node)
        self.scopes[node.value] = self.scope


def context(text: str = TEXT, **more: object) -> Context:
    facts = survey("m.py", parse(decode("m.py", text.encode())))
    return Context("m.py", lambda: facts, {"style": "modern"}, **more)  # type: ignore[arg-type]  # fields by name


def visit(codemod: Codemod, text: str = TEXT) -> cst.Module:
    result = cst.parse_module(text).visit(codemod)
    assert isinstance(result, cst.Module)
    return result


def test_names_are_answered_from_the_facts() -> None:
    codemod = Asking(context())
    visit(codemod)
    expected = {
        "h.a.b": "httpx.a.b",
        "h": "httpx",
        "BaseModel": "pydantic.BaseModel",
        "Field": "pydantic.Field",
        "f": ":f",
        "Inner": ":f.Inner",
        "x": None,
        "y": None,
        "y().z": None,
    }
    assert {name: codemod.found[name] for name in expected} == expected


def test_doubt_has_several_names() -> None:
    text = "try:\n    import a as x\nexcept E:\n    import b as x\n"
    codemod = Asking(context(text))
    assert codemod.qualified_names(cst.Name("x")) == {"a", "b"}
    assert codemod.qualified_name(cst.Name("x")) is None
    assert codemod.qualified_names(cst.parse_expression("f()[0].a")) == frozenset()


def test_scope_is_the_class_or_function_around() -> None:
    codemod = Asking(context())
    visit(codemod)
    assert {name: codemod.scopes[name] for name in ("httpx", "x", "z")} == {"httpx": "", "x": "f.Inner", "z": "f"}
    assert codemod.scope == ""


def test_knows_its_file_its_options_and_its_decision() -> None:
    codemod = Asking(context(decision=[1, 2]))
    assert (codemod.path, codemod.option("style"), codemod.decision) == ("m.py", "modern", [1, 2])
    assert codemod.facts.path == "m.py"
    with pytest.raises(KeyError):
        codemod.option("nothing")


def test_records_a_change_and_returns_what_replaces() -> None:
    codemod = Asking(context())
    original, new = cst.Name("a"), cst.Name("b")
    need = codemod.need_import("m", "n")
    assert codemod.change(original, new, "T", why="W", group="g", requires=["r"], imports=[need]) is new
    (record,) = codemod.records
    assert (record.original, record.new, record.title, record.why) == (original, new, "T", "W")
    assert (record.safety, record.group, record.requires, record.imports) == (Safety.UNSAFE, "g", ("r",), (need,))
    codemod.change(original, new, "T", safety=Safety.SAFE)
    assert codemod.records[1].safety is Safety.SAFE


def test_records_a_skip() -> None:
    codemod = Asking(context())
    node = cst.Name("a")
    codemod.skip(node, "rule", "reason")
    assert [(skip.node, skip.rule, skip.reason) for skip in codemod.skips] == [(node, "rule", "reason")]


def test_records_that_a_group_is_refused() -> None:
    codemod = Asking(context())
    node = cst.Name("a")
    codemod.refuse("g", node, "rule", "reason")
    (skip,) = codemod.skips
    assert (skip.group, skip.node, skip.rule, skip.reason) == ("g", node, "rule", "reason")


def test_describes_the_imports_that_a_change_needs() -> None:
    codemod = Asking(context())
    assert codemod.need_import("m") == ImportNeed("m.py", "m")
    assert codemod.need_import("m", "n", asname="o") == ImportNeed("m.py", "m", "n", "o")
    assert codemod.need_import("m", "n", beside="BaseModel") == ImportNeed("m.py", "m", "n", None, "BaseModel", line=2)
    assert codemod.need_import("m", "n", beside="nobody") == ImportNeed("m.py", "m", "n", None, "nobody")
    assert codemod.drop_import("m", "n") == ImportNeed("m.py", "m", "n", action="drop")


class Silent(Codemod):
    name = "change-silently"

    def leave_Name(self, original: cst.Name, updated: cst.Name) -> cst.Name:
        return cst.Name("b")


def test_refuses_a_replacement_that_was_not_recorded() -> None:
    with pytest.raises(CodemodError, match="leave_Name returned a new node that no `change` recorded"):
        visit(Silent(context()))


class Attributes(Codemod):
    """Uses LibCST's dispatch by attribute, which most codemods do without."""

    name = "visit-attributes"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.seen: list[str] = []

    def visit_Call_func(self, node: cst.Call) -> None:
        self.seen.append("visit")

    def leave_Call_func(self, node: cst.Call) -> None:
        self.seen.append("leave")


class Inherited(Attributes):
    name = "visit-more"

    def visit_Call(self, node: cst.Call) -> bool:
        self.seen.append("call")
        return True


def test_visits_of_attributes_work_as_in_libcst() -> None:
    codemod = Attributes(context("f(g())\n"))
    visit(codemod, "f(g())\n")
    assert codemod.seen == ["visit", "leave"] * 2
    more = Inherited(context("f()\n"))
    visit(more, "f()\n")
    assert more.seen == ["call", "visit", "leave"]


class Stopping(Codemod):
    name = "stop-early"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.names: list[str] = []

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:
        return node.name.value != "skipped"

    def visit_Name(self, node: cst.Name) -> None:
        self.names.append(f"{self.scope}:{node.value}")


def test_visit_that_says_no_keeps_the_scopes_in_order() -> None:
    text = "def skipped():\n    a\ndef seen():\n    b\nc\n"
    codemod = Stopping(context(text))
    visit(codemod, text)
    assert codemod.names == ["seen:seen", "seen:b", ":c"]


def test_position_is_known_only_in_a_run() -> None:
    with pytest.raises(CodemodError, match="while greenmod runs the codemod"):
        Asking(context()).position(cst.Name("a"))
    assert Asking(context(locate=lambda node: (3, 4))).position(cst.Name("a")) == (3, 4)


def test_survey_and_decide_are_the_authors() -> None:
    with pytest.raises(NotImplementedError):
        Asking.survey(None)  # type: ignore[arg-type]  # what it is given does not matter
    with pytest.raises(NotImplementedError):
        Asking.decide(None, {})  # type: ignore[arg-type]  # as above


def test_public_names_are_there() -> None:
    import greenmod.api as api

    assert [name for name in api.__all__ if not hasattr(api, name)] == []
    assert dotted is api.dotted


COMMENTED = "a = f(  # one\n    b,\n    # two\n)\n\n\n# three\ndef g():  # four\n    pass; pass\n"


class Commenting(Codemod):
    """Collects what it is shown of white space and punctuation."""

    name = "read-comments"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.found: list[str] = []

    def visit_Comment(self, node: cst.Comment) -> None:
        self.found.append(node.value)

    def leave_Comma(self, original: cst.Comma, updated: cst.Comma) -> cst.Comma:
        self.found.append(",")
        return updated

    def visit_Semicolon_whitespace_after(self, node: cst.Semicolon) -> None:
        self.found.append(";")


def test_sees_white_space_and_punctuation_that_it_asks_for() -> None:
    codemod = Commenting(context())
    assert visit(codemod, COMMENTED).code == COMMENTED
    assert codemod.found == ["# one", "# two", ",", "# three", "# four", ";"]


def test_sees_every_node_when_it_asks_for_all() -> None:
    class Counting(Codemod):
        name = "count-all"

        def on_visit(self, node: cst.CSTNode) -> bool:
            seen.append(node)
            return super().on_visit(node)

    seen: list[cst.CSTNode] = []
    visit(Counting(context()), COMMENTED)
    assert sum(isinstance(node, cst.Comment) for node in seen) == 4


def test_what_nobody_asks_for_stays_as_it_is() -> None:
    class Renaming(Codemod):
        name = "rename-it"

        def leave_Name(self, original: cst.Name, updated: cst.Name) -> cst.Name:
            return self.change(original, updated.with_changes(value=original.value * 2), "Rename")

    assert visit(Renaming(context()), COMMENTED).code == (
        "aa = ff(  # one\n    bb,\n    # two\n)\n\n\n# three\ndef gg():  # four\n    pass; pass\n"
    )


def test_children_are_left_out_when_a_visit_says_so() -> None:
    class Outside(Asking):
        name = "ask-outside"

        def visit_ClassDef(self, node: cst.ClassDef) -> bool:
            return False

    codemod = Outside(context())
    visit(codemod)
    assert ("f" in codemod.found, "x" in codemod.found) == (True, False)
