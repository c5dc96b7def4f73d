"""What one module declares, as plain data."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from greenmod.facts.objects.declarations import Bound, Class, Function, Star, as_data, from_data
from greenmod.facts.objects.declared import declare

SRC = Path(__file__).resolve().parents[3] / "src"
SOURCE = """\
from .a import b as c
from d import *
import e.f

__all__ = ["g"]

class G(Base[int], metaclass=M):
    x: int = 1
    @property
    def y(self) -> "str": ...
    async def z(self, p: int = 3, *rest, q=None, **more):
        self.own = p
        async with p.open() as inside:
            yield inside

def make(kind):
    global made
    made = kind
    if kind:
        return G()
    return None

try:
    import h
except ImportError:
    h = None
"""


def test_declares_names_per_scope() -> None:
    found = declare(ast.parse(SOURCE))

    assert found.names[""]["c"] == (Bound("import", 1, ".a.b"),)
    assert found.names[""]["e"] == (Bound("import", 3, "e"),)
    assert found.names[""]["made"] == (Bound("=", 18, "kind", scope="make"),)
    assert found.names[""]["h"] == (Bound("import", 24, "h"), Bound("=", 26, "None", note="fallback"))
    assert found.names["G"]["x"] == (Bound("=", 8, "0", "int"),)
    assert found.names["G.z"]["p"] == (Bound("()", 11, "0", "int"),)
    assert found.names["G.z"]["inside"] == (Bound("async with", 13, "p.open()"),)
    assert found.attributes == {"G": {"own": (Bound("=", 12, "p", scope="G.z"),)}}
    assert (found.stars, found.exports) == ((Star("d", 2),), ("g",))


def test_declares_functions_and_classes() -> None:
    found = declare(ast.parse(SOURCE))

    assert found.classes == {"G": (Class(7, ("Base[int]",), (("metaclass", "M"),), ()),)}
    assert found.functions["G.y"] == (Function(10, False, False, ("property",), "'str'", ("self",), ()),)
    assert found.functions["make"] == (Function(16, False, False, (), "", ("kind",), ("G()", "None")),)
    parameters = ("self", "p", "q", "*rest", "**more")
    assert found.functions["G.z"] == (Function(11, True, True, (), "", parameters, ("inside",)),)


@pytest.mark.parametrize(
    ("body", "is_generator"),
    [
        ("return 1", False),
        ("yield", True),
        ("x = yield", True),
        ("f(a, [(yield 1)])", True),
        ("def g():\n        yield", False),
        ("h = lambda: (yield)", False),
        ("if x:\n        while y:\n            yield from z", True),
    ],
)
def test_finds_a_yield_of_its_own(body: str, is_generator: bool) -> None:
    (row,) = declare(ast.parse(f"async def f():\n    {body}\n")).functions["f"]
    assert row.is_generator is is_generator


@pytest.mark.parametrize("path", sorted(SRC.rglob("*.py"))[::5], ids=lambda path: path.name)
def test_survives_a_trip_through_json(path: Path) -> None:
    found = declare(ast.parse(path.read_text(encoding="utf-8")))
    assert from_data(json.loads(json.dumps(as_data(found)))) == found


@pytest.mark.parametrize("data", [None, 3, [], {}, [1, 2, 3, 4, 5, 6, 7], [[{}]] * 7])
def test_refuses_other_data(data: object) -> None:
    with pytest.raises(ValueError, match="these are no declarations"):
        from_data(data)
