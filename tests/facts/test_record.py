"""What a name stands for in one file, by its imports and definitions alone."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from greenmod.facts.record import FileFacts, ImportFact, from_json
from greenmod.facts.survey import parse, survey
from greenmod.source import decode

TEXT = """import httpx, a.b
from pydantic import BaseModel as Base
from . import models
try:
    import ujson as json
except ImportError:
    import json
import shadowed

class A(Base):
    local = 1
    def method(self, httpx):
        from inner import thing
        shadowed = 1
        return thing

    class B:
        pass

def f():
    import shadowed
    def g():
        pass
"""


@pytest.fixture
def facts() -> FileFacts:
    return survey("m.py", parse(decode("m.py", TEXT.encode())))


@pytest.mark.parametrize(
    ("name", "scope", "meanings"),
    [
        ("httpx.AsyncClient", "", {"httpx.AsyncClient"}),
        ("a.b.c", "", {"a.b.c"}),
        ("Base", "", {"pydantic.BaseModel"}),
        ("Base", "A.method", {"pydantic.BaseModel"}),
        ("models.User", "", {".models.User"}),
        ("json.loads", "f", {"ujson.loads", "json.loads"}),
        ("A", "f.g", {":A"}),
        ("A.B", "", {":A.B"}),
        ("B", "", set()),
        ("httpx", "A.method", set()),
        ("thing", "A.method", {"inner.thing"}),
        ("thing", "", set()),
        ("shadowed", "A.method", set()),
        ("shadowed", "f.g", {"shadowed"}),
        ("local", "A", set()),
        ("local", "A.method", set()),
        ("unknown", "f", set()),
    ],
)
def test_says_what_a_name_may_stand_for(facts: FileFacts, name: str, scope: str, meanings: set[str]) -> None:
    assert facts.qualified_names(name, scope) == meanings


def test_class_body_is_seen_from_directly_inside_only(facts: FileFacts) -> None:
    assert facts.bindings("local", "A") == ("?",)
    assert facts.bindings("local", "A.method") == ()


def test_finds_the_import_behind_a_name(facts: FileFacts) -> None:
    assert facts.find_import("shadowed", "f.g") == ImportFact("f", "shadowed", "shadowed", 21)
    assert facts.find_import("shadowed", "A.method") is None
    assert facts.find_import("json") == ImportFact("", "json", "ujson", 5)
    assert facts.find_import("nothing") is None


def test_finds_a_class_by_its_qualified_name(facts: FileFacts) -> None:
    found = facts.find_class("A.B")
    assert found is not None
    assert (found.scope, found.line) == ("A", 17)
    assert facts.find_class("B") is None


def test_facts_survive_json(facts: FileFacts) -> None:
    assert from_json(json.loads(json.dumps(asdict(facts)))) == facts


def test_json_that_is_no_facts_is_refused() -> None:
    with pytest.raises(KeyError):
        from_json({"path": "m.py"})
