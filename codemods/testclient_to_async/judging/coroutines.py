"""Which functions become coroutine functions, up to the tests, and which of them can't."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..following.clients import Clients
from ..following.world import Place
from ..survey.rows import Function
from .uses import Awaited, Uses

_SETUP = frozenset({"setup_method", "teardown_method", "setup_class", "teardown_class", "setup_module",
                    "teardown_module", "setup_function", "teardown_function", "setup", "teardown", "setUp", "tearDown",
                    "setUpClass", "tearDownClass", "setUpModule", "tearDownModule"})  # fmt: skip
# Decorators that leave a coroutine function one, or that know how to call it.
_HARMLESS = frozenset({"respx.mock", "freezegun.freeze_time", "time_machine.travel", "hypothesis.given",
                       "hypothesis.settings", "hypothesis.example", "hypothesis.seed"})  # fmt: skip
_HARMLESS_PREFIXES = ("pytest.mark.", "unittest.mock.patch", "mock.patch", "mock.mock.patch", "pytest.fixture",
                      "pytest_asyncio.fixture", "pytest.yield_fixture")  # fmt: skip
_PLAIN = frozenset({"staticmethod", "classmethod"})
_TEST_CASES = frozenset({"unittest.TestCase", "unittest.case.TestCase"})
_THREADS = frozenset({"threading.Thread", "multiprocessing.Process", "threading.Timer"})
_ASYNC_CASES = frozenset({"unittest.IsolatedAsyncioTestCase", "unittest.async_case.IsolatedAsyncioTestCase"})


class TestCase(NamedTuple):
    """A class whose base becomes `IsolatedAsyncioTestCase`."""

    path: str
    name: str


class Coroutines:
    """The functions that await something."""

    def __init__(self, clients: Clients, uses: Uses) -> None:
        self._clients = clients
        self._uses = uses
        self._world = clients.world
        self.functions: dict[Place, None] = {}
        self.cases: dict[TestCase, Place] = {}
        self.delegated: dict[Awaited, Place] = {}  # `yield from helper()`

    def spread(self) -> None:
        """Follow what is awaited to the functions that hold it, and to everything that calls these."""
        waiting = [*self._holders()]
        while waiting:
            place, because = waiting.pop()
            self._clients.links.join(place, because)
            if place in self.functions:
                continue
            self.functions[place] = None
            function = self._world.function(place)
            assert function is not None
            self._check(place, function)
            if not function.fixture:
                self._clients.followed.add(place)
                waiting += self._called(place, function)
        for place in self.functions:
            if (function := self._world.function(place)) and function.is_generator:
                self._check_delegation(place, function)
        self._check_heirs()

    def is_helper(self, place: Place, function: Function) -> bool:
        return not function.fixture and not self._clients.fixtures.is_test(place.path, function)

    def _holders(self) -> Iterator[tuple[Place, Place]]:
        for awaited, because in (*self._uses.awaited.items(), *self._uses.raising.items()):
            scope = self._world.call(awaited.path, awaited.number).expr.scope
            yield Place("function", awaited.path, "", scope), because
        for entered, because in self._uses.entered.items():
            rows = self._world.files[entered.path].rows
            for expr in (*rows.exprs, *(call.expr for call in rows.calls.values())):
                if expr.usage.kind == "entered" and expr.usage.number == entered.number:
                    yield Place("function", entered.path, "", expr.scope), because

    def _called(self, place: Place, function: Function) -> Iterator[tuple[Place, Place]]:
        """Have the calls of a helper awaited, or those of a test that others call, and yield the functions that do."""
        name = place.name.rpartition(".")[2]
        for occurrence in self._world.occurrences.get(place, ()):
            if not occurrence.is_called or occurrence.rest:
                words = f"`{name}` is handed on instead of being called"
                self._clients.touch(place, occurrence.path, occurrence.expr)
                self._clients.block(place, occurrence.path, occurrence.expr.at[0], "callback", words)
            elif function.is_async:
                continue
            elif function.is_generator:
                if occurrence.expr.usage.kind == "delegated" and (caller := self._uses.function_at(occurrence)):
                    self.delegated[Awaited(occurrence.path, occurrence.number)] = place
                    yield caller, place
            elif self._uses.await_call(place, occurrence, f"`{name}`"):
                caller = self._uses.function_at(occurrence)
                if caller is not None:
                    yield caller, place

    # What can't be async

    def _check(self, place: Place, function: Function) -> None:
        if function.is_async:
            return
        name = place.name.rpartition(".")[2]
        if name in _SETUP or name.startswith("pytest_"):
            self._block(place, function, "setup-method", f"`{name}` can't be a coroutine: nobody would await it")
        elif self.is_helper(place, function):
            self._check_helper(place, function, name)
        elif function.fixture and function.is_odd:
            words = f"`{name}` yields and returns a value, or yields from something: it can't be an async generator"
            self._block(place, function, "helper-kind", words)
        elif function.is_generator and not function.fixture:
            self._block(place, function, "test-generator", f"`{name}` yields, and an async test must not")
        if function.at[1] < 0:
            self._block(place, function, "self-check", f"the `def` of `{name}` is written in an unusual way")
        for decorator in (*function.decorators, *self._class_decorators(place)):
            if decorator.rpartition(".")[2] in _WRAPPERS:
                continue  # `_check_helper` has its own words for it
            if not self._is_harmless(place, decorator):
                words = f"the decorator `{decorator or '…'}` may not know what to do with a coroutine function"
                self._block(place, function, "decorated", words)
                break
        if function.fixture and function.scope == "?":
            self._block(place, function, "fixture-scope", f"the scope of the fixture `{name}` isn't known")
        self._check_class(place, function)
        if not function.fixture and self._is_overridden(place, name):
            self._block(place, function, "overridden-method", f"`{name}` is overridden in another class")

    def _check_helper(self, place: Place, function: Function, name: str) -> None:
        is_ours = is_for_tests(place.path) and not place.path.endswith("conftest.py")
        if not self._world.occurrences.get(place) and not is_ours:
            self._block(place, function, "uncalled", f"nothing that was found calls `{name}`, so nobody would await it")
        wrapped = [d for d in function.decorators if d.rpartition(".")[2] in _WRAPPERS]
        if wrapped or (name.startswith("__") and name.endswith("__")):
            what = f"decorated with `{wrapped[0]}`" if wrapped else "a special method"
            self._block(
                place,
                function,
                "helper-kind",
                f"`{name}` calls the client and is {what}: what it gives can't be awaited",
            )
        elif function.is_generator and not self._is_delegated(place):
            self._block(
                place,
                function,
                "helper-kind",
                f"`{name}` calls the client and yields: its callers would need `async for`",
            )

    def _is_delegated(self, place: Place) -> bool:
        """Tell whether nothing is done with a generator but `yield from` it, in fixtures: those pytest resumes."""
        uses = self._world.occurrences.get(place, ())
        callers = [self._uses.function_at(use) for use in uses if use.is_called and use.expr.usage.kind == "delegated"]
        fixtures = [caller for caller in callers if caller and (f := self._world.function(caller)) and f.fixture]
        return bool(uses) and len(fixtures) == len(uses)

    def _is_overridden(self, place: Place, name: str) -> bool:
        """Tell whether a class above or below has a method of the same name."""
        owner = self._world.owner(place.path, place.name)
        if not owner:
            return False
        own = Place("class", place.path, "", owner)
        related = [*self._world.lineage(place.path, owner), *self._world.heirs(own)]
        if not name.startswith("test"):
            related += self._world.family(place.path, owner)
        return any(name in self._names(each) for each in related if each != own)

    def _names(self, owner: Place) -> frozenset[str]:
        facts = self._world.project.facts(owner.path)
        return frozenset(facts.names.get(owner.name, ())) if facts else frozenset()

    def _is_harmless(self, place: Place, decorator: str) -> bool:
        if decorator in _PLAIN:
            return True
        if not decorator:
            return False
        scope = place.name.rpartition(".")[0]
        found = self._world.lookup(place.path, scope, decorator)
        target = found.place
        if target.name.startswith("hypothesis.") and self._world.owner(place.path, place.name):
            lineage = self._world.lineage(place.path, self._world.owner(place.path, place.name))
            if any(base.name in _TEST_CASES for each in lineage for base in self._world.bases(each)):
                return False
        if target.kind == "external":
            return target.name in _HARMLESS or target.name.startswith(_HARMLESS_PREFIXES)
        if target.kind != "var" or found.rest:
            return False
        stores = (
            self._world.stores.get(target) or (self._world.file(target.path) and self._world.stores.get(target)) or []
        )
        return bool(stores) and all(self._is_mark(path, store.scope, store.value) for path, store in stores)

    def _class_decorators(self, place: Place) -> Iterator[str]:
        rows = self._world.files[place.path].rows
        scope = place.name
        while scope := scope.rpartition(".")[0]:
            for expr in (*rows.exprs, *(call.expr for call in rows.calls.values())):
                if expr.usage.kind == "decorates" and expr.usage.detail == scope:
                    yield expr.chain

    def _is_mark(self, path: str, scope: str, value: str) -> bool:
        """Tell whether a name was given a mark: `needs_db = pytest.mark.skipif(…)`."""
        if value.startswith("#"):
            call = self._world.call(path, int(value[1:]))
            value, scope = call.expr.chain, call.expr.scope
        place = self._world.lookup(path, scope, value).place
        return place.kind == "external" and place.name.startswith("pytest.mark.")

    def _check_class(self, place: Place, function: Function) -> None:
        owner = self._world.owner(place.path, place.name)
        if not owner:
            return
        for each in self._world.lineage(place.path, owner):
            for base in self._world.bases(each):
                if base.kind == "class" or base.name in ("object", "typing.Generic", "abc.ABC"):
                    continue
                if base.name in _ASYNC_CASES:
                    return
                if base.name in _THREADS:
                    self._block(place, function, "threads", f"`{owner}` is a thread, which can't await")
                    return
                if self.is_helper(place, function) and not base.name.startswith("unittest."):
                    words = f"`{owner}` derives from `{base.name or '…'}`, which may call its methods"
                    self._block(place, function, "overridden-method", words)
                    return
                if base.name not in _TEST_CASES or len([*self._world.bases(each)]) > 1:
                    words = f"the class `{owner}` derives from `{base.name or '…'}`, which may not await its tests"
                    self._block(place, function, "unittest-base", words)
                    return
                self.cases[TestCase(each.path, each.name)] = place
                self._clients.links.join(place, each)

    def _check_delegation(self, place: Place, function: Function) -> None:
        """`yield from` works in an async generator only where it becomes `async for`."""
        for number in self._world.calls.get(place, ()):
            expr = self._world.call(place.path, number).expr
            if expr.usage.kind == "delegated" and Awaited(place.path, number) not in self.delegated:
                self._block(
                    place, function, "helper-kind", f"`yield from {expr.chain}(…)` can't stand in an async generator"
                )

    def _check_heirs(self) -> None:
        """A base that changes must not be one of classes that have nothing to do with it."""
        owners = {Place("class", place.path, "", self._world.owner(place.path, place.name)) for place in self.functions}
        for case, because in self.cases.items():
            own = Place("class", case.path, "", case.name)
            for heir in self._world.heirs(own):
                if heir not in owners:
                    line = self._world.files[heir.path].facts.find_class(heir.name)
                    words = f"`{case.name}` would become async for `{heir.name}` too, which uses no client"
                    self._clients.block(because, heir.path, line.line if line else 1, "unittest-base", words)

    def _block(self, place: Place, function: Function, rule: str, words: str) -> None:
        self._clients.block(place, place.path, function.line, rule, words)


def is_for_tests(path: str) -> bool:
    """Tell whether a file is one that only tests use, by its name and folders."""
    *folders, name = path.split("/")
    is_named = name.startswith(("test_", "conftest")) or name.removesuffix(".py").endswith(("_test", "_tests"))
    return is_named or any(folder in ("test", "tests", "testing") for folder in folders)


_WRAPPERS = frozenset({"property", "cached_property", "lru_cache", "cache", "contextmanager", "asynccontextmanager",
                       "setter", "singledispatch"})  # fmt: skip
