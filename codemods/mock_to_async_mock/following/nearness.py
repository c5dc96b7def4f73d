"""Nearness: which of several uses a test is likely to run, for the one that a reader is shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from greenmod.api import Definition

from .audience import Audience
from .awaits import Await
from .calls import argument, last_words
from .evaluating import Evaluator
from .use import Use
from .values import Place, Scope

Found = TypeVar("Found", Use, Await)
_CALLED, _MADE, _IMPORTED, _FAR = range(4)


class Nearness:
    """Answers how near to the tests of a mock a line of production code is: by what they call, import and patch."""

    def __init__(self, evaluator: Evaluator, audience: Audience) -> None:
        self.world = evaluator.world
        self.evaluator = evaluator
        self.audience = audience
        self._files: dict[str, frozenset[str]] = {}
        self._words: dict[Scope, frozenset[str]] = {}

    def sort(self, place: Place, found: Iterable[Found]) -> list[Found]:
        """Return uses with the nearest first; in the order of their lines where there is nothing between them."""
        return sorted(found, key=lambda each: (self._distance(place, each), each.path, each.line))

    def is_far(self, place: Place, found: Use) -> bool:
        """Tell whether a use is in a file that the tests of a mock neither import from nor patch anything in."""
        return self._distance(place, found) == _FAR

    def _distance(self, place: Place, found: Use | Await) -> int:
        if not any(found.path in self._files_of(path) for path in self.audience.files_of(place.origin)):
            return _FAR
        called = self._called(place.scope)
        *around, name = found.function.split(".")
        return _CALLED if name in called else _MADE if called & {*around} else _IMPORTED

    def _called(self, scope: Scope) -> frozenset[str]:
        """Return the names of what a body calls, and those that ask for it as a fixture."""
        if scope not in self._words:
            users = self.world.requesters(scope) if self.world.is_fixture(scope) else ()
            calls = (call for each in (scope, *users) for call in self.world.call_rows(each))
            self._words[scope] = frozenset(word for call in calls for word in last_words(call))
        return self._words[scope]

    def _files_of(self, path: str) -> frozenset[str]:
        if path not in self._files:
            self._files[path] = frozenset((*self._imported(path), *self._patched(path)))
        return self._files[path]

    def _imported(self, path: str) -> Iterator[str]:
        """Yield the files that a test file imports, and those that define what it imports."""
        facts = self.world.project.facts(path)
        for fact in facts.imports if facts else ():
            modules = (fact.target, fact.target.rpartition(".")[0])
            found = (self.world.project.module_path(each, path) for each in modules if each.strip("."))
            yield from (each for each in found if each is not None)
            for target in self.world.project.resolve(path, fact.name, fact.scope):
                if isinstance(target, Definition):
                    yield target.path

    def _patched(self, path: str) -> Iterator[str]:
        """Yield the modules in which a test file patches something."""
        for qualname, bodies in self.world.bodies(path).items():
            for call in bodies[-1].calls:
                if call.tag.removeprefix("mocker.") in ("patch", "setattr"):
                    named = self.evaluator.text(Scope(path, qualname), argument(call, 0, "target"))
                    while "." in named:
                        named = named.rpartition(".")[0]
                        if (module := self.world.project.module_path(named, path)) is not None:
                            yield module
                            break
