"""Facts of one file: what is imported, defined and bound, in which scope."""

from __future__ import annotations

import ast

import pytest

from greenmod.errors import FileError
from greenmod.facts.record import ClassFact, FileFacts, FunctionFact, ImportFact
from greenmod.facts.survey import dotted, parse, survey
from greenmod.source import decode


def facts(text: str) -> FileFacts:
    return survey("m.py", parse(decode("m.py", text.encode())))


def test_collects_imports() -> None:
    text = """import a.b, c.d as e
from f import g, h as i
from . import j
from ..k import l
from m import *
def n():
    import o
"""
    assert facts(text).imports == (
        ImportFact("", "a", "a", 1),
        ImportFact("", "e", "c.d", 1),
        ImportFact("", "g", "f.g", 2),
        ImportFact("", "i", "f.h", 2),
        ImportFact("", "j", ".j", 3),
        ImportFact("", "l", "..k.l", 4),
        ImportFact("", "*", "m", 5),
        ImportFact("n", "o", "o", 7),
    )


def test_knows_imports_for_type_checkers() -> None:
    text = """if TYPE_CHECKING:
    import a
    if b:
        import c
else:
    import d
if typing.TYPE_CHECKING:
    import e
import f
"""
    assert [(fact.name, fact.for_types) for fact in facts(text).imports] == [
        ("a", True),
        ("c", True),
        ("d", False),
        ("e", True),
        ("f", False),
    ]


def test_collects_classes() -> None:
    text = """@a.b
# comment
@c(d)
class A(B, e.F[int], g(), *h, metaclass=I, **j):
    class K: pass
"""
    assert facts(text).classes == (
        ClassFact("A", 1, 5, ("B", "e.F", "", ""), ("metaclass", "**"), ("a.b", "")),
        ClassFact("A.K", 5, 5, (), (), ()),
    )


def test_collects_functions() -> None:
    text = """@a.b(1)
async def c(d, /, e, *f, g, **h):
    def i(): pass
class J:
    def k(self): pass
"""
    assert facts(text).functions == (
        FunctionFact("c", 1, 3, True, ("a.b",), ("d", "e", "g", "f", "h")),
        FunctionFact("c.i", 3, 3, False, (), ()),
        FunctionFact("J.k", 5, 5, False, (), ("self",)),
    )


@pytest.mark.parametrize(
    "text",
    [
        "a = 1",
        "a: int",
        "a += 1",
        "for a in b: pass",
        "with b as a: pass",
        "with b as (c, [a, *d]): pass",
        "try: pass\nexcept E as a: pass",
        "(a := 1)",
        "[a for a in b]",
        "del a",
        "lambda a: 1",
        "lambda *, a=1, **b: 1",
        "match b:\n    case a: pass",
        "match b:\n    case [*a]: pass",
        "match b:\n    case {**a}: pass",
        "match b:\n    case C(d=a): pass",
        "def f():\n    global a\n    a = 1",
        "class a_: pass\na = a_",
        "b(c)[d] = a = 2",
        "if b:\n    while c:\n        a = 1",
    ],
)
def test_knows_every_way_to_bind_a_name(text: str) -> None:
    assert facts(text).bindings("a") == ("?",)


@pytest.mark.parametrize("text", ["a.b = 1", "a[b] = 1", "f(a=1)", "print(a)", "def f(a): pass", "class C: a = 1"])
def test_binds_nothing_where_a_name_is_only_used(text: str) -> None:
    assert facts(text).bindings("a") == ()


def test_definitions_are_bindings() -> None:
    found = facts("class A:\n    def b(self): pass\ndef c(): pass\nasync def d(): pass\n")
    assert [found.bindings(name) for name in "Acd"] == [(":A",), (":c",), (":d",)]
    assert found.names["A"] == {"b": (":A.b",)}


def test_placeholder_of_a_failed_import_is_no_other_meaning() -> None:
    text = "try:\n    from a import b\nexcept ImportError:\n    b = None\n"
    assert facts(text).bindings("b") == ("a.b",)


def test_none_before_the_import_is_another_meaning() -> None:
    assert facts("b = None\nfrom a import b\n").bindings("b") == ("?", "a.b")


def test_decorators_defaults_and_bases_belong_to_the_scope_around() -> None:
    found = facts("@(a := 1)\ndef f(x=(b := 2)):\n    pass\nclass C(d := 3): pass\n")
    assert sorted(found.names[""]) == ["C", "a", "b", "d", "f"]


def test_ranges_of_statements_hold_their_decorators() -> None:
    text = "import a; import b\n\n# above\n@c\n@d\ndef f():\n    pass\n\nx = '''\n'''\n"
    assert facts(text).statements == ((1, 1), (1, 1), (4, 7), (9, 10))


def test_survives_a_sum_of_many_terms() -> None:
    text = "import a\nx = " + " + ".join(["'b'"] * 900) + "\nimport c\n"
    assert [fact.name for fact in facts(text).imports] == ["a", "c"]


def test_long_elif_chain_is_surveyed_or_refused() -> None:
    assert facts("if a: b = 1\n" + "elif a: b = 1\n" * 200).bindings("b") == ("?",)
    with pytest.raises(FileError, match="nested too deeply"):
        facts("if a: b = 1\n" + "elif a: b = 1\n" * 1500)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x = " + "(" * 5000 + ")" * 5000, "nested too deeply"),
        ("x = " + "-" * 20000 + "1", "nested too deeply"),
        ("x = 1\ny = '\0'", "m.py:2: contains a NUL byte"),
        ("x = " + "lambda: " * 5000 + "1", "nested too deeply"),
    ],
)
def test_refuses_what_no_parser_should_be_trusted_with(text: str, words: str) -> None:
    with pytest.raises(FileError, match=words):
        facts(text)


def test_leaves_warnings_of_a_file_to_the_file() -> None:
    assert facts(r"x = '\d'; 1 is 1; assert (x, 'y')").bindings("x") == ("?",)


def test_raises_for_syntax_that_this_python_does_not_know() -> None:
    with pytest.raises(SyntaxError):
        facts("print 1")


@pytest.mark.parametrize(("text", "name"), [("a", "a"), ("a.b.c", "a.b.c"), ("a().b", ""), ("a[0]", ""), ("1", "")])
def test_dotted_names_are_chains_of_plain_names(text: str, name: str) -> None:
    assert dotted(ast.parse(text, mode="eval").body) == name
