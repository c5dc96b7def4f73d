"""What the plugin says of failing tests, by real tests in a child process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

import greenmod.verify
from greenmod.facts.evidence.observation import Frame, Observation, Origin, Phase
from greenmod.verify.outcomes import Failure
from greenmod.verify.transcript import read

_PLUGIN = Path(greenmod.verify.__file__).parent / "plugin"
_ENVIRONMENT = ("GREENMOD_", "PYTEST_", "PYTHON")
KNOWS_COLUMNS = sys.version_info >= (3, 11)

SHOP = """\
import logging
log = logging.getLogger(__name__)

async def buy(till):
    return (
        await till.pay(1)
    )

async def ask(till):
    try:
        return await buy(till)
    except TypeError as error:
        log.warning("failed: %s", error)

async def ask_twice(till):
    try:
        return await buy(till)
    except TypeError as error:
        try:
            raise KeyError(1) from error
        except KeyError as again:
            raise RuntimeError("no luck") from None
"""
TESTS = """\
import asyncio, json, warnings
import pytest
from app import shop

class Till:
    def pay(self, price): return price

def test_raised():
    asyncio.run(shop.buy(Till()))
def test_logged():
    print("said")
    assert asyncio.run(shop.ask(Till()))
def test_chained():
    asyncio.run(shop.ask_twice(Till()))
def test_in_library():
    json.loads("{")
class Odd(Exception):
    def __str__(self): raise ValueError
def test_odd():
    raise Odd
def test_deep():
    def deep(): deep()
    deep()
def test_made_of_a_string():
    exec("raise LookupError('here')")
@pytest.fixture
def broken():
    raise ValueError("bad fixture")
def test_setup(broken): pass
@pytest.fixture
def unclean():
    yield
    raise ValueError("left over")
def test_teardown(unclean): pass
def test_twice(unclean):
    assert 0
def test_fine():
    asyncio.run(shop.ask(Till()))
@pytest.mark.xfail
def test_expected():
    assert 0
def test_skipped():
    pytest.skip("later")
"""
APP = """\
from fastapi import FastAPI, HTTPException
from fastapi.responses import JSONResponse
app = FastAPI()
def fail(): raise LookupError("no luck")
@app.get("/raises")
async def raises(): fail()
@app.get("/converts")
async def converts():
    try:
        fail()
    except LookupError as error:
        raise HTTPException(500, detail=f"sorry: {error}")
@app.get("/answers")
async def answers():
    try:
        fail()
    except LookupError as error:
        return JSONResponse({"detail": f"sorry: {error}"}, 503)
@app.get("/refuses")
def refuses():
    try:
        fail()
    except LookupError as error:
        raise HTTPException(400, detail="bad")
"""
CALLS = """\
import pytest
from fastapi.testclient import TestClient
from web import app
client = TestClient(app, raise_server_exceptions=False)
@pytest.mark.parametrize("path", ["raises", "converts", "answers", "refuses"])
def test_web(path):
    assert client.get(path).status_code == 200
"""
NOT_AWAITABLE = "object int can't be used in 'await' expression"


def run(folder: Path, files: Mapping[str, str], *arguments: str, explains: bool = True) -> Mapping[str, Failure]:
    tree, results = folder / "tree", folder / "results"
    for path, text in files.items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_text(text)
    order = {"results": str(results), "root": str(folder / "original"), "tree": str(tree), "explains": explains}
    (folder / "order").write_text(json.dumps({**order, "changed": [], "only": None, "is_parallel": bool(arguments)}))
    env = {name: value for name, value in os.environ.items() if not name.startswith(_ENVIRONMENT)}
    env |= {"PYTHONPATH": str(_PLUGIN), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "GREENMOD_ORDER": str(folder / "order")}
    settings = ("-p", "greenmod_pytest", "-c", os.devnull, "--rootdir=.", "--continue-on-collection-errors")
    command = (sys.executable, "-m", "pytest", *settings, *arguments)
    done = subprocess.run(command, cwd=tree, env=env, capture_output=True, text=True)
    assert "INTERNALERROR" not in done.stdout, done.stdout
    return read(results.read_text().splitlines(keepends=True)).failures


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Failure]:
    files = {"app/shop.py": SHOP, "test_shop.py": TESTS, "test_wrong.py": "import app.gone\n"}
    found = run(tmp_path_factory.mktemp("all"), files)
    return {test.rpartition("::")[2]: failure for test, failure in found.items()}


def places(observation: Observation) -> list[tuple[str, int, str]]:
    return [(frame.path, frame.line, frame.function) for frame in observation.frames]


def test_names_type_message_and_the_frames_of_the_project(said: Mapping[str, Failure]) -> None:
    (raised,) = said["test_raised"].raised
    assert raised == Observation("test_shop.py::test_raised", Phase.CALL, "TypeError", NOT_AWAITABLE, raised.frames)
    assert places(raised) == [("test_shop.py", 9, "test_raised"), ("app/shop.py", 6, "buy")]


@pytest.mark.skipif(not KNOWS_COLUMNS, reason="Python knows columns since 3.11")
def test_knows_the_columns(said: Mapping[str, Failure]) -> None:
    assert said["test_raised"].raised[0].frames == (
        Frame("test_shop.py", 9, "test_raised", 4, 9, 33),
        Frame("app/shop.py", 6, "buy", 8, 6, 25),
    )


def test_follows_causes_and_contexts_that_are_hidden_too(said: Mapping[str, Failure]) -> None:
    found = said["test_chained"].raised
    assert [(one.origin, one.type, one.message) for one in found] == [
        (Origin.RAISED, "RuntimeError", "no luck"),
        (Origin.CONTEXT, "KeyError", "1"),
        (Origin.CAUSE, "TypeError", NOT_AWAITABLE),
    ]
    assert places(found[2]) == [("app/shop.py", 17, "ask_twice"), ("app/shop.py", 6, "buy")]


def test_hears_of_what_was_logged_instead_of_raised(said: Mapping[str, Failure]) -> None:
    raised, handled = said["test_logged"].raised
    assert (raised.type, raised.origin) == ("AssertionError", Origin.RAISED)
    assert (handled.type, handled.message, handled.origin) == ("TypeError", NOT_AWAITABLE, Origin.HANDLED)
    assert places(handled) == [("app/shop.py", 11, "ask"), ("app/shop.py", 6, "buy")]


def test_has_what_was_captured(said: Mapping[str, Failure]) -> None:
    printed, logged = sorted(said["test_logged"].texts, key=lambda one: len(one[2]))
    assert printed == (Phase.CALL, Origin.OUTPUT, "said\n")
    assert logged[:2] == (Phase.CALL, Origin.OUTPUT)
    assert logged[2].endswith(f"failed: {NOT_AWAITABLE}")


@pytest.mark.parametrize(
    ("test", "type_", "message", "lines"),
    [
        ("test_in_library", "json.decoder.JSONDecodeError", "Expecting property name", [16]),
        ("test_odd", "test_shop.Odd", "(it can't be shown: ValueError)", [20]),
        ("test_made_of_a_string", "LookupError", "here", [25]),
    ],
)
def test_bears_with_odd_exceptions(
    said: Mapping[str, Failure], test: str, type_: str, message: str, lines: list[int]
) -> None:
    raised = said[test].raised[0]
    assert raised.type == type_
    assert raised.message.startswith(message)
    assert [frame.line for frame in raised.frames] == lines


def test_leaves_out_the_middle_of_a_recursion(said: Mapping[str, Failure]) -> None:
    (raised,) = said["test_deep"].raised
    assert raised.type == "RecursionError"
    assert len(raised.frames) == 100
    assert places(raised)[:2] == [("test_shop.py", 23, "test_deep"), ("test_shop.py", 22, "deep")]


@pytest.mark.parametrize(
    ("test", "phases"),
    [
        ("test_setup", [Phase.SETUP]),
        ("test_teardown", [Phase.TEARDOWN]),
        ("test_twice", [Phase.CALL, Phase.TEARDOWN]),
    ],
)
def test_says_in_which_phase_it_was(said: Mapping[str, Failure], test: str, phases: list[Phase]) -> None:
    assert [one.phase for one in said[test].raised] == phases


def test_says_why_a_file_can_not_be_collected(said: Mapping[str, Failure]) -> None:
    found = said["test_wrong.py"].raised
    assert {one.phase for one in found} == {Phase.COLLECT}
    missing = next(one for one in found if one.type == "ModuleNotFoundError")
    assert (missing.origin, missing.message) == (Origin.CAUSE, "No module named 'app.gone'")
    assert places(missing) == [("test_wrong.py", 1, "<module>")]


@pytest.mark.parametrize("test", ["test_fine", "test_expected", "test_skipped"])
def test_says_nothing_of_tests_that_do_not_fail(said: Mapping[str, Failure], test: str) -> None:
    assert test not in said


def test_says_nothing_unless_it_is_asked(tmp_path: Path) -> None:
    assert run(tmp_path, {"test_a.py": "def test_a(): assert 0\n"}, explains=False) == {}


def test_hears_of_exceptions_that_became_answers(tmp_path: Path) -> None:
    for needed in ("fastapi", "httpx"):
        pytest.importorskip(needed)
    found = run(tmp_path, {"web.py": APP, "test_web.py": CALLS})
    handled = {
        test.partition("[")[2][:-1]: [
            (one.type, one.message, places(one)[-1][1:])
            for one in failure.raised
            if one.origin is not Origin.RAISED and one.frames
        ]
        for test, failure in found.items()
    }
    lost = ("LookupError", "no luck", (4, "fail"))
    assert lost in handled["raises"]
    assert lost in handled["converts"]
    assert lost in handled["refuses"]
    assert handled["answers"] == []
    answers = [text for failure in found.values() for _, origin, text in failure.texts if origin is Origin.ANSWER]
    assert answers == ["Internal Server Error", '{"detail":"sorry: no luck"}', '{"detail":"sorry: no luck"}']


def test_works_on_several_processes(tmp_path: Path) -> None:
    pytest.importorskip("xdist")
    found = run(tmp_path, {"test_a.py": "def test_a(): assert 0\ndef test_b(): pass\n"}, "-p", "xdist", "-n", "2")
    assert {test: [one.type for one in failure.raised] for test, failure in found.items()} == {
        "test_a.py::test_a": ["AssertionError"]
    }
