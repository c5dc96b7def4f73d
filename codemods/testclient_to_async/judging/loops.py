"""What a test does, itself or through what it calls, that can't be done inside a running event loop."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

from ..following.clients import Block
from ..following.fixtures import Fixtures
from ..following.world import Place, World
from .requests import REQUESTS
from .wording import said

_LOOPS = frozenset(
    {"anyio.run", "asgiref.sync.async_to_sync", "asyncio.run", "asyncio.Runner", "asyncio.runners.run"}
    | {"nest_asyncio.apply", "playwright.sync_api.sync_playwright", "trio.run", "uvicorn.run", "uvloop.run"}
)
_LOOP_WORDS = ("asyncio.run", "run_until_complete", "anyio.run", "async_to_sync", "sync_playwright", "trio.run")
_THREADS = frozenset(
    {"concurrent.futures.thread.ThreadPoolExecutor", "concurrent.futures.ThreadPoolExecutor"}
    | {"multiprocessing.pool.ThreadPool", "multiprocessing.Process", "threading.Thread", "threading.Timer"}
)


class Loops:
    """Answers for functions that are to become coroutines."""

    def __init__(self, world: World, fixtures: Fixtures) -> None:
        self._world = world
        self._fixtures = fixtures
        self._loops: dict[Place, Block | None] = {}

    def blocks(self, place: Place, is_started: bool) -> Iterator[Block]:
        """Yield what stands in a function's way; `is_started`: a lifespan runs in the same loop."""
        for line, chain, found in self._called(place):
            name = found.name if found.kind == "external" else ""
            if name.startswith("hiro."):
                yield Block(place.path, line, "frozen-time", f"{said(chain)} stops the clock of the event loop too")
            if name in ("pytest.warns", "pytest.deprecated_call") and self._has_timeout(place):
                yield Block(place.path, line, "client-arguments", "`timeout=` warns in TestClient only")
            if name in _THREADS:
                words = f"{said(chain)}: a request from another thread can't be awaited"
                yield Block(place.path, line, "threads", words)
        yield from self._in_fixtures(place)
        if is_started and (sleep := self._sleep(place, set())) is not None:
            yield sleep
        if (loop := self._loop(place)) is not None:
            yield loop

    def _called(self, place: Place) -> Iterator[tuple[int, str, Place]]:
        """Yield the line, chain and callee of each call in a function, and in those inside it."""
        inside = f"{place.name}."
        for function in self._world.files[place.path].rows.functions:
            if function.qualname == place.name or function.qualname.startswith(inside):
                for number in self._world.calls.get(Place("function", place.path, "", function.qualname), ()):
                    expr = self._world.call(place.path, number).expr
                    found = self._world.lookup(place.path, expr.scope, expr.chain)
                    is_whole = not found.rest or found.place.kind == "external"
                    yield expr.at[0], expr.chain, found.place if is_whole else Place("unknown")

    def _in_fixtures(self, place: Place) -> Iterator[Block]:
        """Yield what the fixtures of a test do: stop the clock, or give it a function that runs a loop."""
        function = self._world.function(place)
        for name in function.parameters if function else ():
            fixture = self._fixtures.find(place.path, function, name) if function else None
            if fixture is None or fixture.path not in self._world.files:
                continue
            for line, chain, found in self._called(fixture):
                if found.kind == "external" and found.name.startswith("hiro."):
                    words = f"{said(chain)} stops the clock of the event loop too"
                    yield Block(fixture.path, line, "frozen-time", words)
            is_called = any(chain.partition(".")[0] == name for _, chain, _ in self._called(place))
            if is_called and (loop := self._loop(fixture)) is not None:
                yield loop

    def _has_timeout(self, place: Place) -> bool:
        numbers = self._world.calls.get(place, ())
        calls = (self._world.call(place.path, number) for number in numbers)
        return any("timeout" in call.keywords and call.expr.chain.rpartition(".")[2] in REQUESTS for call in calls)

    def _sleep(self, place: Place, seen: set[Place]) -> Block | None:
        """Return where a function, or one of the loaded ones that it calls, sleeps."""
        if place in seen or place.path not in self._world.files:
            return None
        seen.add(place)
        for line, _, found in self._called(place):
            if found == Place("external", "", "", "time.sleep"):
                words = "`time.sleep` would stop the app too, whose lifespan runs in the same loop"
                return Block(place.path, line, "sleep", words)
            if found.kind == "function" and (block := self._sleep(found, seen)):
                return block
        return None

    def _loop(self, place: Place) -> Block | None:
        """Return where a function, or one of the project's that it calls, runs an event loop."""
        if place not in self._loops:
            self._loops[place] = None  # while it is looked for: functions call each other
            is_near = place.path in self._world.files or place.path in self._with_loops
            if is_near and self._world.file(place.path) is not None:
                self._loops[place] = next(self._loops_in(place), None)
        return self._loops[place]

    def _loops_in(self, place: Place) -> Iterator[Block]:
        for line, chain, found in self._called(place):
            is_loop = found.kind == "external" and found.name in _LOOPS
            if is_loop or chain.rpartition(".")[2] == "run_until_complete":
                yield Block(place.path, line, "runs-event-loop", f"{said(chain)} can't run inside a running event loop")
            elif found.kind == "function" and (block := self._loop(found)):
                yield block
            elif found.kind == "unknown" and found.path != place.path and found.path in self._with_loops:
                words = f"{said(chain)} may run an event loop: {found.path} can't be parsed"
                yield Block(place.path, line, "runs-event-loop", words)

    @cached_property
    def _with_loops(self) -> Mapping[str, frozenset[str]]:
        return self._world.project.mentioning(*_LOOP_WORDS)
