"""What `mock-to-async-mock` reads in messages: those of this Python, made by running it; those of others as text."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from greenmod.facts.evidence.observation import Frame, Observation, Origin, Phase
from greenmod.registry import built_in_folder

if TYPE_CHECKING:
    from codemods.mock_to_async_mock.messages import Fault, Kind, read
else:  # a file that stands alone, wherever the codemods are
    _FILE = built_in_folder() / "mock_to_async_mock" / "messages.py"
    _SPEC = importlib.util.spec_from_file_location("messages_of_mocks", _FILE)
    _MESSAGES = sys.modules[_SPEC.name] = importlib.util.module_from_spec(_SPEC)
    _SPEC.loader.exec_module(_MESSAGES)
    Fault, Kind, read = _MESSAGES.Fault, _MESSAGES.Kind, _MESSAGES.read

# Each line does one thing wrong, in an `async def`; what it raises or warns about is printed.
WRONG = """\
await MagicMock()()
await Mock()()
await MagicMock(return_value={})()
await MagicMock(return_value=None)()
await AsyncMock()
async with Mock(): pass
async with AsyncMock().begin(): pass
async with MagicMock(**{"begin.return_value": None}).begin(): pass
with AsyncMock().begin(): pass
async with MagicMock(**{"__aenter__": MagicMock(return_value=3)}): pass
async with MagicMock(**{"__aexit__": MagicMock(return_value=None)}): pass
async for _ in Mock(): pass
async for _ in AsyncMock().rows(): pass
async for _ in MagicMock(**{"rows.return_value": [1]}).rows(): pass
async for _ in MagicMock(**{"__aiter__": AsyncMock()}): pass
async for _ in MagicMock(**{"__aiter__": lambda self: self, "__anext__": MagicMock(return_value=1)}): pass
for _ in AsyncMock().rows(): pass
(await AsyncMock().execute()).scalars().all()
(await AsyncMock().get()).json()["k"]
int(AsyncMock()())
len(AsyncMock()())
1 + AsyncMock()()
"a" + AsyncMock()()
AsyncMock()() > 1
1 < AsyncMock()()
"k" in AsyncMock()()
AsyncMock()()()
json.dumps(AsyncMock()())
"".join([AsyncMock()()])
open(AsyncMock()())
{**AsyncMock()()}
a, b = AsyncMock()()
AsyncMock()()[0] = 1
range(AsyncMock()())
assert not f"{AsyncMock()()}", f"{AsyncMock()()} == 5"
AsyncMock().add(1)
asyncio.create_task(MagicMock()())
await asyncio.gather(MagicMock()())
asyncio.ensure_future(MagicMock()())
asyncio.run_coroutine_threadsafe(MagicMock()(), asyncio.get_running_loop())
await asyncio.shield(MagicMock()())
await asyncio.wait_for(MagicMock()(), 1)
MagicMock().assert_awaited_once()
Mock().assert_any_await(1)
Mock(spec=print).assert_awaited()
AsyncMock().assert_awaited_once()
AsyncMock().assert_awaited()
c = AsyncMock()(); await c; await c
"""
SAY = """\
import asyncio, gc, json, sys, warnings
from unittest.mock import AsyncMock, MagicMock, Mock
for line in sys.stdin.read().splitlines():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        scope = dict(globals())
        exec(f"async def wrong():\\n    {line}\\n", scope)
        try:
            asyncio.run(scope["wrong"]())
            said = ["", ""]
        except Exception as error:
            said = [type(error).__name__, str(error)]
        gc.collect()
    print(json.dumps([line, *said, [str(one.message) for one in caught]]))
"""
LEFT = Fault(Kind.COROUTINE_LEFT, "coroutine")
USED = Fault(Kind.COROUTINE_USED, "coroutine")


@pytest.fixture(scope="module")
def said() -> dict[str, Observation]:
    """Return what this Python says of each line."""
    done = subprocess.run([sys.executable, "-c", SAY], input=WRONG, capture_output=True, text=True, check=True)
    rows = map(json.loads, done.stdout.splitlines())
    return {
        line: Observation("test.py::test", Phase.CALL, type_, message, warnings=tuple(dict.fromkeys(warnings)))
        for line, type_, message, warnings in rows
    }


def test_reads_every_message_of_this_python(said: dict[str, Observation]) -> None:
    assert set(said) == set(WRONG.splitlines())
    # The warning comes with whatever was done with the coroutine.
    found = {line: [fault for fault in read(one) if fault != LEFT] for line, one in said.items()}
    assert [line for line, faults in found.items() if len(faults) != 1] == ["AsyncMock().add(1)"]
    is_named = sys.version_info >= (3, 11)  # the type, where a context manager is missing
    first = {line: faults[0] for line, faults in found.items() if faults}
    expected = {
        "await MagicMock()()": Fault(Kind.AWAITED, "MagicMock"),
        "await Mock()()": Fault(Kind.AWAITED, "Mock"),
        "await MagicMock(return_value={})()": Fault(Kind.AWAITED, "dict"),
        "await MagicMock(return_value=None)()": Fault(Kind.AWAITED, "NoneType"),
        "await AsyncMock()": Fault(Kind.AWAITED, "AsyncMock"),
        "for _ in AsyncMock().rows(): pass": USED,
        "(await AsyncMock().execute()).scalars().all()": Fault(Kind.COROUTINE_USED, "coroutine", "all"),
        '(await AsyncMock().get()).json()["k"]': USED,
        "async for _ in Mock(): pass": Fault(Kind.ITERATED, "Mock"),
        "async for _ in AsyncMock().rows(): pass": Fault(Kind.ITERATED, "coroutine"),
        'async for _ in MagicMock(**{"rows.return_value": [1]}).rows(): pass': Fault(Kind.ITERATED, "list"),
        'async for _ in MagicMock(**{"__aiter__": AsyncMock()}): pass': Fault(Kind.ITERATOR_NOT_ASYNC, "coroutine"),
        'async with MagicMock(**{"__aenter__": MagicMock(return_value=3)}): pass': Fault(
            Kind.ENTER_NOT_AWAITABLE, "int", "__aenter__"
        ),
        'async with MagicMock(**{"__aexit__": MagicMock(return_value=None)}): pass': Fault(
            Kind.ENTER_NOT_AWAITABLE, "NoneType", "__aexit__"
        ),
        "asyncio.create_task(MagicMock()())": Fault(Kind.SCHEDULED, "MagicMock"),
        "MagicMock().assert_awaited_once()": Fault(Kind.ASSERTED, "", "assert_awaited_once"),
        "Mock().assert_any_await(1)": Fault(Kind.ASSERTED, "", "assert_any_await"),
        "Mock(spec=print).assert_awaited()": Fault(Kind.ASSERTED, "Mock", "assert_awaited"),
        "AsyncMock().assert_awaited_once()": Fault(Kind.AWAIT_MISSED, "", "mock"),
        "AsyncMock().assert_awaited()": Fault(Kind.AWAIT_MISSED, "", "mock"),
        "c = AsyncMock()(); await c; await c": Fault(Kind.AWAITED_TWICE),
        "async with Mock(): pass": Fault(Kind.ENTERED, "Mock" if is_named else "", "" if is_named else "__aenter__"),
        "with AsyncMock().begin(): pass": Fault(
            Kind.ENTERED_PLAINLY, "coroutine" if is_named else "", "" if is_named else "__enter__"
        ),
    }
    assert {line: first[line] for line in expected} == expected
    kinds = {line: fault.kind for line, fault in first.items() if line not in expected}
    assert {kinds.pop(line) for line in list(kinds) if "AsyncMock()()" in line} == {Kind.COROUTINE_USED}
    assert {kinds.pop(line) for line in list(kinds) if "async with" in line} == {Kind.ENTERED}
    assert {kinds.pop(line) for line in list(kinds) if "__anext__" in line} == {Kind.NEXT_NOT_AWAITABLE}
    wait_for = kinds.pop("await asyncio.wait_for(MagicMock()(), 1)")
    assert wait_for is (Kind.AWAITED if sys.version_info >= (3, 12) else Kind.SCHEDULED)
    assert set(kinds.values()) == {Kind.SCHEDULED}
    assert read(said["AsyncMock().add(1)"]) == (LEFT,)


@pytest.mark.parametrize(
    ("message", "fault"),
    [
        # Python 3.14, as its source has them.
        ("'MagicMock' object can't be awaited", Fault(Kind.AWAITED, "MagicMock")),
        ("'unittest.mock.MagicMock' object can't be awaited", Fault(Kind.AWAITED, "MagicMock")),
        (
            "'unittest.mock.Mock' object does not support the asynchronous context manager protocol "
            "(missed __aenter__ method)",
            Fault(Kind.ENTERED, "Mock"),
        ),
        (
            "'Session' object does not support the asynchronous context manager protocol (missed __aexit__ method) "
            "but it supports the context manager protocol. Did you mean to use 'with'?",
            Fault(Kind.ENTERED, "Session"),
        ),
        (
            "'coroutine' object does not support the context manager protocol (missed __exit__ method)",
            Fault(Kind.ENTERED_PLAINLY, "coroutine"),
        ),
        ("argument of type 'coroutine' is not a container or iterable", USED),
        # Python 3.8 to 3.10.
        ("__aenter__", Fault(Kind.ENTERED, "", "__aenter__")),
        ("__aexit__", Fault(Kind.ENTERED, "", "__aexit__")),
        ("__enter__", Fault(Kind.ENTERED_PLAINLY, "", "__enter__")),
        ("Attributes cannot start with 'assert' or 'assret'", Fault(Kind.ASSERTED)),
        ("int() argument must be a string, a bytes-like object or a number, not 'coroutine'", USED),
        ("a coroutine was expected, got <Mock name='mock()' id='1'>", Fault(Kind.SCHEDULED, "Mock")),
        ("a coroutine was expected, got {}", Fault(Kind.SCHEDULED)),
        (
            "'function' object has no attribute 'assert_awaited_once'",
            Fault(Kind.ASSERTED, "function", "assert_awaited_once"),
        ),
        # Said by pytest, pydantic, SQLAlchemy; by an answer or a log.
        ("assert <coroutine object AsyncMockMixin._execute_mock_call at 0x7f> == 5", USED),
        (
            "Input should be a valid string [input_value=<coroutine object AsyncMockMixin._execute_mock_call at 0x7f>]",
            USED,
        ),
        ('{"detail": "object dict can\'t be used in \'await\' expression"}', Fault(Kind.AWAITED, "dict")),
        ("<pre>object dict can&#x27;t be used in &#x27;await&#x27; expression</pre>", Fault(Kind.AWAITED, "dict")),
        ("ERROR    app:app.py:3 failed: AttributeError: __aenter__", Fault(Kind.ENTERED, "", "__aenter__")),
        ("assert 'object int can't be used in 'await' expression' == 'fine'", Fault(Kind.AWAITED, "int")),
    ],
)
def test_reads_the_messages_of_other_versions_and_of_what_quotes_them(message: str, fault: Fault) -> None:
    frames = (Frame("tests/test_shop.py", 3, "test_it"), Frame("app/shop.py", 7, "buy", 4, 7, 20))
    for type_ in ("TypeError", "AttributeError", "AssertionError", "fastapi.exceptions.HTTPException"):
        (found,) = read(Observation("test.py::test", Phase.CALL, type_, message, frames))
        assert (found.kind, found.subject, found.name, found.frame) == (
            fault.kind,
            fault.subject,
            fault.name,
            frames[-1],
        )
    (found,) = read(Observation("test.py::test", Phase.CALL, "", message, (), Origin.ANSWER))
    assert found == replace(fault, is_quoted=True)


@pytest.mark.parametrize(
    ("type_", "message", "is_quoted"),
    [
        ("TypeError", "object dict can't be used in 'await' expression", False),
        ("RuntimeError", "object dict can't be used in 'await' expression", True),
        ("fastapi.exceptions.HTTPException", "500: object dict can't be used in 'await' expression", True),
        ("AssertionError", "assert \"object dict can't be used in 'await' expression\" == ''", True),
        ("AttributeError", "'coroutine' object has no attribute 'all'", False),
        ("AssertionError", "assert <coroutine object AsyncMockMixin._execute_mock_call at 0x7f> == 5", False),
        ("ValueError", "a coroutine was expected, got <MagicMock name='mock()'>", False),
        ("AttributeError", "__aenter__", False),
        ("", "AttributeError: __aenter__", True),
    ],
)
def test_tells_what_happened_from_what_speaks_of_it(type_: str, message: str, is_quoted: bool) -> None:
    (found,) = read(Observation("test.py::test", Phase.CALL, type_, message, (Frame("app/shop.py", 7),)))
    assert found.is_quoted == is_quoted


@pytest.mark.parametrize(
    "message",
    [
        "",
        "assert 1 == 2",
        "'NoneType' object has no attribute 'all'",
        "'Mock' object is not iterable",
        "'Mock' object does not support the context manager protocol",
        "'assert_called_onces' is not a valid assertion. Use a spec for the mock if it is meant to be an attribute.",
        "Mock object has no attribute 'gett'",
        "coroutine 'get_user' was never awaited",  # the project's own
        "assert <coroutine object get_user at 0x7f> == 5",
        "coroutine raised StopIteration",
        "Expected 'mock' to have been called once. Called 0 times.",
        "Expected mock to have been awaited once. Awaited 2 times.",
        "the coroutine is not ready",
        "KeyError: '__aenter__'",
        "Task was destroyed but it is pending!",
    ],
)
def test_has_nothing_to_say_of_other_messages(message: str) -> None:
    assert read(Observation("test.py::test", Phase.CALL, "AssertionError", message)) == ()


def test_reads_the_coroutines_that_a_test_left() -> None:
    left = ("coroutine 'AsyncMockMixin._execute_mock_call' was never awaited", "coroutine 'get' was never awaited")
    frames = (Frame("app/shop.py", 7),)  # of the error: where the coroutine was made is not known
    assert read(Observation("test.py::test", Phase.CALL, "KeyError", "1", frames, warnings=left)) == (LEFT,)
