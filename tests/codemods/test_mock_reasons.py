"""Which lines of production code `mock-to-async-mock` shows as the reason of a change: those that the test gets to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from greenmod import session

Reasons = Callable[[Mapping[str, str]], list[str]]


@pytest.fixture
def reasons(tmp_path: Path) -> Reasons:
    """Write the files of a repository, and return the reasons of what is proposed, in the order of its lines."""

    def propose(files: Mapping[str, str]) -> list[str]:
        for path, text in files.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text)
        request = session.Request((tmp_path,), ("mock-to-async-mock",), use_cache=False)
        return [change.why for change in session.make_plan(request)[1].changes]

    return propose


CLOCK = """\
class Clock:
    async def read(self):
        return 0


class Stopwatch:
    async def read(self):
        return 0
"""


def test_names_await_on_the_class_of_the_mock(reasons: Reasons) -> None:
    alarms = "from clocks import Stopwatch\n\n\nasync def a(watch: Stopwatch):\n    return await watch.read()\n"
    bells = "from clocks import Clock\n\n\nasync def b(clock: Clock):\n    return await clock.read()\n"
    test = """\
from unittest.mock import MagicMock

from clocks import Clock


def test_bell():
    clock = MagicMock(spec=Clock)
    clock.read = MagicMock(return_value=1)
"""
    found = reasons({"clocks.py": CLOCK, "alarms.py": alarms, "bells.py": bells, "tests/test_bells.py": test})

    assert found == ["made to resemble `Clock`; `Clock.read` at clocks.py:2 is `async def`; awaited at bells.py:5"]


def test_names_definition_alone_when_awaits_are_of_unknown_objects(reasons: Reasons) -> None:
    bells = "async def b(clocks):\n    return await clocks[0].read()\n"
    test = """\
from unittest.mock import MagicMock

from clocks import Clock


def test_bell():
    clock = MagicMock(spec=Clock)
    clock.read = MagicMock(return_value=1)
"""
    found = reasons({"clocks.py": CLOCK, "bells.py": bells, "tests/test_bells.py": test})

    assert found == ["made to resemble `Clock`; `Clock.read` at clocks.py:2 is `async def`"]


def test_names_use_in_what_the_test_calls(reasons: Reasons) -> None:
    bells = """\
class Bell:
    def __init__(self, clock):
        self.clock = clock

    async def chime(self):
        return await self.clock.read()

    async def strike(self):
        return await self.clock.read()
"""
    test = """\
import asyncio
from unittest.mock import MagicMock

import bells


def test_strike():
    clock = MagicMock()
    clock.read = MagicMock(return_value=1)
    assert asyncio.run(bells.Bell(clock).strike()) == 1
"""
    found = reasons({"bells.py": bells, "tests/test_bells.py": test})

    assert found == ["handed over at tests/test_bells.py:10; awaited at bells.py:9"]


def test_names_use_in_the_class_that_a_fixture_is_for(reasons: Reasons) -> None:
    bells = """\
from clocks import Clock


class Alarm:
    def __init__(self, clock: Clock):
        self.clock = clock

    async def ring(self):
        return await self.clock.read()


class Bell(Alarm):
    async def toll(self):
        return await self.clock.read()
"""
    test = """\
from unittest.mock import MagicMock

import pytest

from bells import Bell
from clocks import Clock


@pytest.fixture
def clock():
    clock = MagicMock(spec=Clock)
    clock.read = MagicMock(return_value=1)
    return clock


@pytest.fixture
def bell(clock):
    return Bell(clock)


def test_bell(bell):
    assert bell.clock.read
"""
    found = reasons({"clocks.py": CLOCK, "bells.py": bells, "tests/test_bells.py": test})

    assert found == ["made to resemble `Clock`; `Clock.read` at clocks.py:2 is `async def`; awaited at bells.py:14"]


def test_names_no_use_of_the_class_by_itself(reasons: Reasons) -> None:
    clocks = """\
class Clock:
    async def read(self):
        return 0

    async def show(self):
        return await self.read()


async def print_time(clock: Clock):
    return await clock.read()
"""
    test = """\
from unittest.mock import MagicMock

from clocks import Clock


def test_bell():
    clock = MagicMock(spec=Clock)
    clock.read = MagicMock(return_value=1)
"""
    found = reasons({"clocks.py": clocks, "tests/test_bells.py": test})

    assert found == ["made to resemble `Clock`; `Clock.read` at clocks.py:2 is `async def`; awaited at clocks.py:10"]


LIBRARY_TEST = """\
import asyncio
from unittest.mock import MagicMock, patch

import {module}


def test_wait():
    with patch("asyncio.sleep", MagicMock(return_value=None)):
        asyncio.run({module}.wait())
"""


def test_names_use_of_library_only_where_the_test_gets_to_it(reasons: Reasons) -> None:
    ants = "import asyncio\n\n\nasync def crawl():\n    await asyncio.sleep(9)\n"
    bees = "import asyncio\n\n\nasync def wait():\n    await asyncio.sleep(5)\n"
    near = reasons({"ants.py": ants, "bees.py": bees, "tests/test_bees.py": LIBRARY_TEST.format(module="bees")})

    assert [each.rpartition("; ")[2] for each in near] == ["awaited at bees.py:5"]


def test_names_no_use_of_library_where_the_test_gets_to_none(reasons: Reasons) -> None:
    ants = "import asyncio\n\n\nasync def crawl():\n    await asyncio.sleep(9)\n"
    bees = "import ants\n\n\nasync def wait():\n    await ants.crawl()\n"
    far = reasons({"ants.py": ants, "bees.py": bees, "tests/test_bees.py": LIBRARY_TEST.format(module="bees")})

    assert [each.rpartition("; ")[2].partition(" at ")[0] for each in far] == ["`sleep`"]


def test_says_that_a_coroutine_is_scheduled(reasons: Reasons) -> None:
    bells = "import asyncio\n\n\ndef b(clock):\n    return asyncio.run(clock.read())\n"
    test = """\
from unittest.mock import MagicMock

import bells


def test_bell():
    clock = MagicMock()
    clock.read = MagicMock(return_value=1)
    assert bells.b(clock) == 1
"""
    found = reasons({"bells.py": bells, "tests/test_bells.py": test})

    assert found == ["handed over at tests/test_bells.py:9; run as a coroutine at bells.py:5"]


def test_says_that_an_object_is_called(reasons: Reasons) -> None:
    bells = """\
from typing import Protocol


class Hammer(Protocol):
    def __call__(self, times: int) -> None: ...


def strike(hammer: Hammer):
    hammer(2)
"""
    test = """\
from unittest.mock import AsyncMock

import bells


def test_strike():
    hammer = AsyncMock(return_value=None)
    bells.strike(hammer)
"""
    found = reasons({"bells.py": bells, "tests/test_bells.py": test})

    assert found == [
        "handed over at tests/test_bells.py:8; `Hammer` at bells.py:4 has a plain `__call__`; "
        "used without `await` at bells.py:9"
    ]
