"""Which fixture a parameter gets, as pytest would say: class, module, conftest files from the nearest up, plugins."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase as fnmatch
from functools import cached_property

from ..running.pytest_settings import read_settings
from ..survey.rows import Function
from .world import Place, World

_EXEMPT = ("self", "cls", "request")
_DEPTH = 5  # star imports followed


# Asks for fixtures where no test or fixture does: what any test of a module would get.
NOBODY = Function("", 0, (0, 0), False, False, (), 0, (), (), ())


class Fixtures:
    """The fixtures and tests of the loaded files."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._paths = frozenset(world.project.paths)
        self._takers: dict[str, list[tuple[str, Function]]] = defaultdict(list)
        self._seen: set[str] = set()
        self._remembered: dict[tuple[str, str, str], tuple[Place, ...]] = {}
        self._index: dict[str, tuple[int, dict[Place, list[tuple[str, Function]]]]] = {}
        self._passed: dict[str, Mapping[str, Place]] = {}
        self._known: tuple[int, Mapping[Place, set[str]]] = (0, {})
        self._settings: dict[str, tuple[str, ...]] = {}
        self._loaded = 0

    def takers(self, name: str) -> list[tuple[str, Function]]:
        """Return the tests and fixtures of the loaded files that ask for a fixture by name."""
        for path in self._world.files.keys() - self._seen:
            self._seen.add(path)
            for function in self._world.files[path].rows.functions:
                if function.fixture or self.is_test(path, function):
                    for parameter in (*self.asked(function), *function.requested):
                        self._takers[parameter].append((path, function))
        return self._takers[name]

    def given(self, place: Place, name: str) -> list[tuple[str, Function]]:
        """Return the tests and fixtures that get a fixture, and the fixtures that may get it from further below."""
        while self._index.get(name, (0, {}))[0] != len(self._world.files):
            count = len(self._world.files)  # asking for fixtures may load more
            found: dict[Place, list[tuple[str, Function]]] = defaultdict(list)
            for path, taker in list(self.takers(name)):
                own = Place("function", path, "", taker.qualname)
                homes = {self.find(path, taker, name), *(self.overriding(path, name) if taker.fixture else ())}
                for home in homes - {own, None}:
                    found[home].append((path, taker))
            self._index[name] = count, found
        return self._index[name][1].get(place, [])

    def asked(self, function: Function) -> tuple[str, ...]:
        """Return the parameters that fixtures give a value."""
        last = len(function.parameters) - function.defaults
        return tuple(p for p in function.parameters[:last] if p not in _EXEMPT and p not in function.parametrized)

    def find(self, path: str, function: Function, name: str) -> Place | None:
        """Return the fixture that a test or fixture gets for a parameter."""
        own = Place("function", path, "", function.qualname)
        return next((place for place in self._seen_from(path, function.qualname, name) if place != own), None)

    def overriding(self, path: str, name: str) -> Iterator[Place]:
        """Yield the fixtures of a name below the folder of a conftest file: they may stand in for the one it sees."""
        folder = path.rpartition("/")[0]
        if not path.endswith("conftest.py"):
            folder = path
        for file in self._world.files.values():
            if not folder or file.path == folder or file.path.startswith(f"{folder}/"):
                for function in file.rows.functions:
                    is_inner = file.path == path and "." in function.qualname
                    if function.fixture and name_of(function) == name and not is_inner:
                        yield Place("function", file.path, "", function.qualname)

    def is_test(self, path: str, function: Function) -> bool:
        """Tell whether pytest would collect a function, the names of files left aside."""
        outer, _, name = function.qualname.rpartition(".")
        if function.fixture or not any(_matches(name, pattern) for pattern in self._patterns(path)):
            return False
        facts = self._world.files[path].facts
        return not outer or facts.find_class(outer) is not None

    def _patterns(self, path: str) -> tuple[str, ...]:
        """Return what the names of tests begin with, or match, in a file's folder."""
        folder = path.rpartition("/")[0]
        if folder not in self._settings:
            self._settings[folder] = ("test", *read_settings(self._world.project.read, folder).python_functions)
        return self._settings[folder]

    def _seen_from(self, path: str, qualname: str, name: str) -> tuple[Place, ...]:
        """Return the fixtures of a name that a function could get, the nearest first."""
        if self._loaded != len(self._world.files):
            self._remembered.clear()
            self._loaded = len(self._world.files)
        key = path, self._world.owner(path, qualname), name
        if key not in self._remembered:
            found = tuple(self._visible(path, key[1], name))
            if self._loaded != len(self._world.files):
                return self._seen_from(path, qualname, name)  # what was loaded on the way may say more
            self._remembered[key] = found
        return self._remembered[key]

    def _visible(self, path: str, owner: str, name: str) -> Iterator[Place]:
        while owner:
            for place in self._world.lineage(path, owner):
                yield from self._in_class(place, name)
            owner = owner.rpartition(".")[0]
        yield from self._in_module(path, name)
        for conftest in conftests(path):
            if conftest in self._paths:
                yield from self._in_module(conftest, name)
        for file in list(self._world.files.values()):
            for plugin in file.rows.plugins:
                if module := self._world.project.module_path(plugin, file.path):
                    yield from self._in_module(module, name)

    def _in_class(self, owner: Place, name: str) -> Iterator[Place]:
        file = self._world.file(owner.path)
        for function in reversed(file.rows.functions if file else ()):
            is_inside = function.qualname.rpartition(".")[0] == owner.name
            if function.fixture and is_inside and name_of(function) == name:
                yield Place("function", owner.path, "", function.qualname)

    def _in_module(self, path: str, name: str, depth: int = 0) -> Iterator[Place]:
        file = self._world.file(path)
        if file is None or depth > _DEPTH:
            return
        for function in reversed(file.rows.functions):
            if function.fixture and "." not in function.qualname and name_of(function) == name:
                yield Place("function", path, "", function.qualname)
        if (passed := self.passed_on(path).get(name)) is not None:
            yield passed
        for star in file.facts.star_imports:
            if module := self._world.project.module_path(star, path):
                yield from self._in_module(module, name, depth + 1)

    def passed_on(self, path: str) -> Mapping[str, Place]:
        """Return the fixtures of other modules that a module has, by the names that they go by there."""
        if path not in self._passed:
            file = self._world.files[path]
            names = {fact.name for fact in file.facts.imports if not fact.scope and fact.name != "*"}
            names |= {store.target for store in file.rows.stores if not store.scope and "." not in store.target}
            found: dict[str, Place] = {}
            for name in sorted(names):
                place = self._meant(path, name)
                if place is None or place.path not in self._homes:
                    continue
                function = self._world.function(place)
                if function and function.fixture:
                    found[function.named or name] = place
            self._passed[path] = found
        return self._passed[path]

    @cached_property
    def _homes(self) -> Mapping[str, frozenset[str]]:
        """The files that can make a fixture; the others need not be loaded to know that they don't."""
        return self._world.project.mentioning("fixture")

    def names(self, place: Place, fixture: Function) -> set[str]:
        """Return every name that a fixture goes by in the loaded files."""
        while self._known[0] != len(self._world.files):
            count, known = len(self._world.files), defaultdict(set)
            for path in list(self._world.files):
                for name, passed in self.passed_on(path).items():
                    known[passed].add(name)
            self._known = count, known
        return {name_of(fixture), *self._known[1].get(place, ())}

    def _meant(self, path: str, name: str) -> Place | None:
        """Follow a module's name to a function: through an import, or `api = client`."""
        place = self._world.lookup(path, "", name).place
        if place.kind == "var":
            stores = [store for home, store in self._world.stores.get(place, ()) if home == path]
            if len(stores) == 1 and stores[0].value not in ("none", "other"):
                place = self._world.lookup(path, "", stores[0].value).place
        return place if place.kind == "function" else None


def _matches(name: str, pattern: str) -> bool:
    """As pytest does: a prefix, or a pattern of the shell."""
    return name.startswith(pattern) or (any(sign in pattern for sign in "*?[") and fnmatch(name, pattern))


def conftests(path: str) -> Iterator[str]:
    """Yield the conftest files that could stand above a file, the nearest first."""
    folder = path
    while folder:
        folder = folder.rpartition("/")[0]
        yield f"{folder}/conftest.py".lstrip("/")


def name_of(fixture: Function) -> str:
    """Return the name that a fixture goes by."""
    return fixture.named or fixture.qualname.rpartition(".")[2]
