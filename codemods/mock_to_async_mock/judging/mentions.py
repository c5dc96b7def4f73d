"""What the tests of each file do with mocks themselves, by the mock: each file is looked through once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from greenmod.api import What

from ..following.calls import last_words
from ..following.evaluating import Evaluator
from ..following.use import How, how_of
from ..following.values import Place, Real, Scope
from ..survey.rows import Body

_ASSERTED = ("assert_awaited", "assert_any_await", "assert_has_awaits", "assert_not_awaited")


class Own(NamedTuple):
    """A call that a test itself makes of a place."""

    how: How
    hows: str
    scope: Scope
    line: int
    seq: int


class Mentions:
    """The mentions of one file, found when they are first asked for."""

    def __init__(self, evaluator: Evaluator, path: str) -> None:
        self._evaluator = evaluator
        self._path = path

    @cached_property
    def calls(self) -> Mapping[Place, tuple[Own, ...]]:
        """The calls of mocks."""
        return self._calls[0]

    @cached_property
    def real_calls(self) -> Mapping[object, tuple[Own, ...]]:
        """The calls of functions that are no mocks, by their keys."""
        return self._calls[1]

    @cached_property
    def called(self) -> Mapping[Place, tuple[Place, ...]]:
        """The places that are called, by the mock that they belong to."""
        found: dict[Place, list[Place]] = defaultdict(list)
        for place in self.calls:
            found[place.origin].append(place)
        return {origin: tuple(places) for origin, places in found.items()}

    @cached_property
    def stored(self) -> Mapping[Place, tuple[Place, ...]]:
        """The places that are assigned, by the mock that they belong to."""
        found: dict[Place, list[Place]] = defaultdict(list)
        for scope, _ in self._bodies():
            for place in self._evaluator.stores(scope):
                found[place.origin].append(place)
        return {origin: tuple(dict.fromkeys(places)) for origin, places in found.items()}

    @cached_property
    def asserted(self) -> Mapping[Place, int]:
        """The lines at which it is asserted that places are awaited."""
        found: dict[Place, int] = {}
        for scope, body in self._bodies():
            for call in body.calls:
                if not call.tag and any(word.startswith(_ASSERTED) for word in last_words(call)):
                    for place in self._evaluator.places(scope, call.callee):
                        found.setdefault(place.parent, call.at[0])
        return found

    @cached_property
    def counted(self) -> Mapping[Place, int]:
        """The lines at which the awaits of places are looked at."""
        found: dict[Place, int] = {}
        for scope, body in self._bodies():
            for touch in body.touches:
                if touch.how == "counted":
                    for place in self._evaluator.places(scope, touch.term):
                        found.setdefault(place, touch.line)
        return found

    @cached_property
    def _calls(self) -> tuple[Mapping[Place, tuple[Own, ...]], Mapping[object, tuple[Own, ...]]]:
        found: dict[Place, list[Own]] = defaultdict(list)
        real: dict[object, list[Own]] = defaultdict(list)
        for scope, body in self._bodies():
            for call in body.calls:
                if call.tag or ("." not in call.callee and not call.callee.isidentifier()):
                    continue
                own = Own(how_of(call.hows.split(",")), call.hows, scope, call.at[0], call.seq)
                for value in self._evaluator.values(scope, call.callee):
                    if isinstance(value, Place):
                        found[value].append(own)
                    elif isinstance(value, Real) and value.thing.what is What.FUNCTION:
                        real[value.thing.key].append(own)
        return (
            {place: tuple(calls) for place, calls in found.items()},
            {key: tuple(calls) for key, calls in real.items()},
        )

    def _bodies(self) -> Iterator[tuple[Scope, Body]]:
        for qualname, bodies in self._evaluator.world.bodies(self._path).items():
            yield Scope(self._path, qualname), bodies[-1]
