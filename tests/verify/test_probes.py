"""Probes in real code: which test runs which lines, and that nothing else is different for it."""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from greenmod_probes import PROBE, insert_probes
from hypothesis import given
from hypothesis import strategies as st

import greenmod.verify
from greenmod.verify.outcomes import Outcome, Record
from greenmod.verify.transcript import read

_PLUGIN = Path(greenmod.verify.__file__).parent / "plugin"
_ENVIRONMENT = ("GREENMOD_", "PYTEST_", "PYTHON")
_MARK = re.compile(r"#: ([-\d ]+)$")


def probed(text: str) -> str:
    """Return a text with probes, for the sites that its comments number: `#: 1 2`, `#: gone 3` behind a deletion."""
    tree = ast.parse(text)
    insert_probes(tree, sites_in(text))
    compile(tree, "text", "exec")
    return ast.unparse(tree).replace(PROBE, "ran")


def sites_in(text: str) -> list[tuple[int, int, int]]:
    sites = []
    for line, written in enumerate(text.splitlines(), 1):
        for number in mark[1].split() if (mark := _MARK.search(written)) else ():
            gone = number.startswith("-")
            sites.append((line, line - gone, abs(int(number))))
    return sites


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = 1\ny = 2  #: 7\n", "x = 1\nran(7)\ny = 2"),
        ("x = f(  #: 8 7\n    1,  #: 7\n)\n", "ran((7, 8))\nx = f(1)"),
        ("x = 1; y = 2  #: 7\n", "ran(7)\nx = 1\nran(7)\ny = 2"),
        ("if x:  #: 7\n    y\nelif z:  #: 8\n    y\n", "ran(7)\nif x:\n    y\nelse:\n    ran(8)\n    if z:\n        y"),
        ("if x:\n    y\nelse:  #: 7\n    z\n", "if x:\n    y\nelse:\n    ran(7)\n    z"),
        (
            "try:\n    x\nexcept A:  #: 7\n    y\nexcept B:\n    z  #: 8\nfinally:  #: 9\n    w\n",
            "try:\n    x\nexcept A:\n    ran(7)\n    y\nexcept B:\n    ran(8)\n    z\nfinally:\n    ran(9)\n    w",
        ),
        (
            "match x:  #: 7\n    case 1:  #: 8\n        y\n    case 2 if (\n        z  #: 9\n    ): y\n",
            "ran(7)\nmatch x:\n    case 1:\n        ran(8)\n        y\n    case 2 if z:\n        ran(9)\n        y",
        ),
        ("for x in [\n    y for y in z  #: 7\n]:\n    w\n", "ran(7)\nfor x in [y for y in z]:\n    w"),
        ("f = lambda x: (\n    1  #: 7\n)\n", "ran(7)\nf = lambda x: 1"),
        # Who calls a function runs its header.
        ("def f(x):  #: 7\n    return x\n", "ran(7)\n\ndef f(x):\n    ran(7)\n    return x"),
        ("@a\n@b(\n    1  #: 7\n)\nasync def f():\n    x\n", "ran(7)\n\n@a\n@b(1)\nasync def f():\n    ran(7)\n    x"),
        ("def f(\n    x=1,  #: -7\n): return x\n", "ran(7)\n\ndef f(x=1):\n    ran(7)\n    return x"),
        ("x\ndef f():  #: -7\n    return x\n", "x\nran(7)\n\ndef f():\n    return x"),
        ("class A(B):  #: 7\n    def f(self):\n        x\n", "ran(7)\n\nclass A(B):\n\n    def f(self):\n        x"),
        # What must stay first.
        ('"""Doc."""  #: 7\nx = 1\n', '"""Doc."""\nran(7)\nx = 1'),
        ('"""Doc."""  #: 7\n', '"""Doc."""\nran(7)'),
        ("#: 7\n", "ran(7)"),
        (
            '"""Doc."""\nfrom __future__ import annotations  #: 7\n\nx = 1  #: 8\n',
            '"""Doc."""\nfrom __future__ import annotations\nran((7, 8))\nx = 1',
        ),
        ('def f():  #: 7\n    """Doc."""\n', 'ran(7)\n\ndef f():\n    """Doc."""\n    ran(7)'),
        ("def f():\n    global x  #: 7\n    x = 1\n", "def f():\n    ran(7)\n    global x\n    x = 1"),
        # Nothing that a metaclass prepared is asked for the probe's name.
        (
            'class A:\n    """Doc."""\n    x = 1  #: 7\n',
            'class A:\n    """Doc."""\n    global ran\n    ran(7)\n    x = 1',
        ),
        # Lines without a statement.
        ("def f():\n    x\n    #: 7\n    y\n", "def f():\n    x\n    ran(7)\n    y"),
        ("def f():\n    # why  #: 7\n    y\n\n# end  #: 8\n", "ran(8)\n\ndef f():\n    ran(7)\n    y"),
    ],
)
def test_puts_a_probe_before_the_innermost_statement(text: str, expected: str) -> None:
    lines = [line for line in expected.splitlines() if line]
    assert [line for line in probed(text).splitlines() if line] == lines


@pytest.mark.skipif(sys.version_info < (3, 11), reason="newer syntax")
def test_puts_a_probe_into_a_clause_for_groups() -> None:
    text = "try:\n    x\nexcept* A:  #: 7\n    y\n"
    assert probed(text).splitlines() == ["try:", "    x", "except* A:", "    ran(7)", "    y"]


class _Remover(ast.NodeTransformer):
    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        function = node.value.func if isinstance(node.value, ast.Call) else None
        return None if isinstance(function, ast.Name) and function.id == PROBE else node

    def visit_Global(self, node: ast.Global) -> ast.Global | None:
        return None if node.names == [PROBE] else node


def positions(tree: ast.AST) -> list[tuple[object, ...]]:
    return [
        (type(node), *(getattr(node, name, None) for name in ("lineno", "col_offset", "end_lineno", "end_col_offset")))
        for node in ast.walk(tree)
    ]


def check_roundtrip(text: str, sites: list[tuple[int, int, int]]) -> None:
    tree, original = ast.parse(text), ast.parse(text)
    insert_probes(tree, sites)
    compile(tree, "text", "exec", dont_inherit=True)
    assert ast.get_docstring(tree) == ast.get_docstring(original)
    _Remover().visit(tree)
    assert ast.dump(tree) == ast.dump(original)
    assert positions(tree) == positions(original)


@pytest.mark.parametrize("name", ["dataclasses", "enum", "asyncio.tasks", "typing", "argparse", "contextlib"])
def test_changes_nothing_but_for_the_probes(name: str) -> None:
    spec = importlib.util.find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    text = Path(spec.origin).read_text(encoding="utf-8")
    check_roundtrip(text, [(line, line, line) for line in range(1, text.count("\n") + 1)])


_SMALL = '''\
"""Doc."""
from __future__ import annotations
@a
class A:
    """Doc."""
    x: int = 1

    async def f(self, y=2):
        global z
        async with y as w, x:
            yield w
        try: pass
        except (E, F): raise
        else:
            # why
            return
    g = lambda: (
        1)
while x: break
else: y
'''


@given(st.lists(st.tuples(st.integers(1, 25), st.integers(0, 25), st.integers(0, 9))))
def test_changes_nothing_but_for_the_probes_whatever_the_sites(sites: list[tuple[int, int, int]]) -> None:
    check_roundtrip(_SMALL, sites)


def write(root: Path, files: Mapping[str, str]) -> dict[str, list[tuple[int, int, int]]]:
    """Write `files` and return the sites that their comments number."""
    for path, text in files.items():
        (root / path).write_text(text)
    return {path: found for path, text in files.items() if (found := sites_in(text))}


def run(root: Path, sites: Mapping[str, list[tuple[int, int, int]]], *arguments: str, **env: str) -> tuple[Record, str]:
    """Run the tests in `root` and return what the plugin wrote, and what pytest did."""
    order: dict[str, object] = {
        "results": str(root / "results"),
        "root": str(root / "elsewhere"),
        "tree": os.path.realpath(root),
        "changed": [],
        "only": None,
        "is_parallel": True,
        "sites": sites,
    }
    (root / "order").write_text(json.dumps(order))
    env |= {name: value for name, value in os.environ.items() if not name.startswith(_ENVIRONMENT)}
    env |= {"PYTHONPATH": str(_PLUGIN), "GREENMOD_ORDER": str(root / "order"), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    command = (sys.executable, "-m", "pytest", "-p", "greenmod_pytest", "--rootdir=.", "-q", *arguments)
    done = subprocess.run(command, cwd=root, env=env, capture_output=True, text=True)
    return read((root / "results").read_text().splitlines(keepends=True)), done.stdout + done.stderr


APP = '''\
"""What an application has."""
from __future__ import annotations

import enum
import inspect
import typing
from dataclasses import dataclass, fields
from functools import wraps

LIMIT = 3  #: 1


def traced(function):
    @wraps(function)
    def wrapper(*args):
        return function(*args)  #: 2
    return wrapper


@traced
def add(a, b):  #: 3
    """Add.

    >>> add(1, 2)
    3
    """
    return a + b


def fail():
    x = 1  #: 4
    raise LookupError(x)


def unused():
    return 1  #: 5


class Base:
    def name(self):
        return "base"


class Child(Base):
    def name(self):
        suffix = "child"  #: 6
        return super().name() + __class__.__name__ + suffix


@dataclass
class Item:
    name: str  #: 7
    price: int = 0


class Colour(enum.Enum):
    RED = 1  #: 8
    BLUE = 2


class Point(typing.NamedTuple):
    x: int  #: 9
    y: int = 0


class Movie(typing.TypedDict):
    title: str  #: 10


class Inventing(type):
    @classmethod
    def __prepare__(cls, name, bases):
        class Names(dict):
            def __missing__(self, key):
                self[key] = key.lower()
                return self[key]
        return Names(__module__=__name__, __qualname__=name)

    def __new__(cls, name, bases, names):
        return super().__new__(cls, name, bases, dict(names))


class Invented(metaclass=Inventing):
    NORTH  #: 11
    SOUTH


def count(n):
    while n:
        n -= 1  #: 12
        yield n


async def acount(n):
    for i in range(n):
        yield i  #: 13
'''

TESTS = """\
import asyncio
import inspect
import traceback
from dataclasses import fields
import pytest
import app
from helper import CODE


@pytest.fixture
def client():
    yield 1
    stopped = True  #: 20


def test_add():
    assert app.add(1, 2) == app.LIMIT


def test_nothing():
    pass


def test_place():
    with pytest.raises(LookupError) as caught:
        app.fail()
    assert traceback.extract_tb(caught.tb)[-1].line == "raise LookupError(x)"
    assert inspect.getsource(app.unused).endswith("return 1  #: 5\\n")
    assert app.unused.__code__.co_firstlineno == inspect.getsourcelines(app.unused)[1]
    assert app.add.__doc__.startswith("Add.")


def test_classes():
    assert app.Child().name() == "baseChildchild"
    assert [field.name for field in fields(app.Item)] == ["name", "price"]
    assert [colour.name for colour in app.Colour] == ["RED", "BLUE"]
    assert app.Point._fields == ("x", "y")
    assert app.Movie.__annotations__.keys() == {"title"}
    assert {name for name in vars(app.Invented) if not name.startswith("__")} == {"NORTH", "SOUTH"}
    assert not [name for name in dir(app) if "greenmod" in name]


def test_generators():
    async def listed():
        return [i async for i in app.acount(2)]
    assert list(app.count(2)) == [1, 0]
    assert asyncio.run(listed()) == [0, 1]


def test_fixtures(client, shared):
    assert client


def test_message():
    x = 4  #: 21
    assert app.add(x, 1) == (  #: 22
        6
    ), "sum"


def test_helper():
    from helper import CODE
    assert CODE == 1
    import late
"""

CONFTEST = """\
import pytest

VALUE = 1  #: 30

@pytest.fixture(scope="session")
def shared():
    value = 1  #: 31
    yield value
    value = 2  #: 32

def pytest_sessionfinish():
    done = True  #: 33
"""

FILES = {
    "pytest.ini": "[pytest]\n",
    "app.py": APP,
    "test_app.py": TESTS,
    "conftest.py": CONFTEST,
    "helper.py": "CODE = 1  #: 40\n",
    "late.py": "CODE = 1  #: 41\n",
    "test_broken.py": "1 +  #: 42\n",
}
EXECUTED = {
    "app.py::app.add": {2, 3},
    "test_app.py::test_add": {2, 3},
    "test_app.py::test_place": {4},
    "test_app.py::test_classes": {6},
    "test_app.py::test_generators": {12, 13},
    "test_app.py::test_fixtures": {20, 31},
    "test_app.py::test_message": {2, 3, 21, 22},
    "test_app.py::test_helper": {32, 41},
}
IMPORTED = {1, 3, 7, 8, 9, 10, 11, 30, 33, 40}
ARGUMENTS = ("--doctest-modules", "--ignore=late.py", "--continue-on-collection-errors")
MODES = [(), ("--import-mode=importlib",), ("--assert=plain",)]


@pytest.mark.parametrize("mode", MODES, ids=["rewritten", "importlib", "plain"])
def test_tells_which_test_runs_which_lines(tmp_path: Path, mode: tuple[str, ...]) -> None:
    record, output = run(tmp_path, write(tmp_path, FILES), *ARGUMENTS, *mode)
    red = {sign.test: result.message for sign, result in record.results.items() if result.outcome is not Outcome.PASSED}
    assert red.pop("test_broken.py").endswith("SyntaxError: invalid syntax"), output
    expected = (
        "AssertionError: sum" if "--assert=plain" in mode else "AssertionError: sum\nassert 5 == 6\n +  where 5 = "
    )
    assert red.pop("test_app.py::test_message").startswith(expected)
    assert red == {}
    assert {test: set(sites) for test, sites in record.executed.items()} == EXECUTED
    assert record.imported == IMPORTED
    assert [message for message in record.blind if "test_broken.py" not in message] == []


def test_tells_nothing_where_nothing_is_asked_for(tmp_path: Path) -> None:
    test = f"import builtins\ndef test_a(): assert not hasattr(builtins, {PROBE!r})\n"
    record, output = run(tmp_path, write(tmp_path, {"test_a.py": test}))
    assert [result.outcome for result in record.results.values()] == [Outcome.PASSED], output
    assert (record.executed, record.imported) == ({}, frozenset())


FEW = {
    "app.py": "def f(x):\n    return x  #: 1\n",
    "test_a.py": "import app\ndef test_a():\n    app.f(1)  #: 2\n",
    "conftest.py": "VALUE = 1\n",
}


def test_neither_uses_nor_leaves_bytecode(tmp_path: Path) -> None:
    sites = write(tmp_path, FEW)
    run(tmp_path, {})
    cached = {path: path.read_bytes() for path in tmp_path.glob("__pycache__/*.pyc")}
    assert len(cached) == 3
    record, output = run(tmp_path, sites)
    assert record.executed == {"test_a.py::test_a": {1, 2}}, output
    assert {path: path.read_bytes() for path in tmp_path.glob("__pycache__/*.pyc")} == cached


def test_tells_of_each_worker_of_xdist(tmp_path: Path) -> None:
    pytest.importorskip("xdist")
    tests = {"test_b.py": FEW["test_a.py"].replace("2", "3"), "conftest.py": "VALUE = 1  #: 4\n"}
    record, output = run(tmp_path, write(tmp_path, {**FEW, **tests}), "-p", "xdist", "-n", "2")
    assert record.executed == {"test_a.py::test_a": {1, 2}, "test_b.py::test_a": {1, 3}}, output
    assert record.imported == {4}
    assert record.blind == ()


def test_tells_what_was_imported_too_early(tmp_path: Path) -> None:
    settings = "[pytest]\naddopts = -p app\n"
    record, output = run(tmp_path, write(tmp_path, {**FEW, "pytest.ini": settings}))
    assert record.executed == {"test_a.py::test_a": {2}}, output
    assert record.blind == (f"{tmp_path / 'app.py'}: its lines can't be followed: it was imported too early",)


def test_does_without_probes_where_code_is_nested_too_deeply(tmp_path: Path) -> None:
    chain = "def f(x):\n    if x == 0: return 0\n" + "".join(
        f"    elif x == {number}: return {number}\n" for number in range(1, 1200)
    )
    record, output = run(tmp_path, write(tmp_path, {**FEW, "app.py": f"{chain}    else: return -1  #: 1\n"}))
    assert record.executed == {"test_a.py::test_a": {2}}, output
    assert [result.outcome for result in record.results.values()] == [Outcome.PASSED]
    assert len(record.blind) == 1
    assert record.blind[0].startswith(f"{tmp_path / 'app.py'}: its lines can't be followed: maximum recursion depth")


STRANGER = """\
from _pytest.assertion import rewrite

def rewrite_asserts(tree, source, path=None, config=None):
    return None

rewrite.rewrite_asserts = rewrite_asserts
"""


def test_does_without_tests_where_pytest_is_not_as_expected(tmp_path: Path) -> None:
    files = {**FEW, "strange.py": STRANGER, "pytest.ini": "[pytest]\naddopts = -p strange\n"}
    record, output = run(tmp_path, write(tmp_path, files))
    assert record.executed == {"test_a.py::test_a": {1}}, output
    assert record.blind == ("lines of tests can't be followed: this pytest rewrites them in its own way",)
