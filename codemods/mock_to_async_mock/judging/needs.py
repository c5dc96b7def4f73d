"""What failing tests say that a place of a mock must be: the only leave to write a line that no test mentions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from greenmod.api import Frame, Observation

from ..following.use import How, Use
from ..following.values import Place, Scope
from ..messages import Kind as FaultKind
from ..messages import read
from .court import Court
from .current import Current
from .kinds import Kind, Want

# What a fault says of the call at its line: how the line uses the result, and what the mock must give.
_SAYS = {
    FaultKind.AWAITED: (How.AWAITED, Kind.COROUTINE),
    FaultKind.SCHEDULED: (How.AWAITED, Kind.COROUTINE),
    FaultKind.COROUTINE_USED: (How.PLAIN, Kind.PLAIN),
    FaultKind.ENTERED: (How.ENTERED, Kind.CONTEXT),
    FaultKind.ITERATED: (How.ITERATED, Kind.ITERATOR),
}
_MAYBE = {How.PLAIN: (How.UNCLEAR, How.HANDED_BACK)}
_PARAMETERS = re.compile(r"\[.*\]$", re.DOTALL)


class Need(NamedTuple):
    """A failing test, the mock that it failed for, what that must be, and in which words it said so."""

    test: Scope
    place: Place
    want: Want


class Needs:
    """What the evidence says, by the place that it is about."""

    def __init__(self, court: Court) -> None:
        self.court = court
        self.world = court.world

    @cached_property
    def found(self) -> Mapping[Place, Need]:
        """The need of each place; the first that was seen where several are."""
        found: dict[Place, Need] = {}
        for observation in self.world.project.evidence.observations:
            for need in self._of(observation):
                found.setdefault(need.place, need)
        return found

    def of_file(self, path: str) -> Iterator[Need]:
        """Yield the needs of the tests of a file."""
        yield from (need for need in self.found.values() if need.test.path == path)

    def _of(self, observation: Observation) -> Iterator[Need]:
        test = self._scope(observation.test)
        if test is None:
            return
        for fault in read(observation):
            if fault.frame is None or fault.kind not in _SAYS:
                continue
            how, kind = _SAYS[fault.kind]
            said = f"`{observation.test}` fails at {fault.frame.path}:{fault.frame.line}: {_line(observation.message)}"
            places = {place for place in self._places(test, fault.frame, how) if self._is_fault(place, test, kind)}
            for place in sorted(places):
                # What hangs on a mock of the wrong kind is mended with it.
                if not any(_is_below(place, other) for other in places):
                    yield Need(test, place, Want(kind, (said,), is_sure=True))

    def _scope(self, test: str) -> Scope | None:
        """Return the function of a test's id: `tests/test_x.py::TestA::test_b[1]`."""
        path, *names = _PARAMETERS.sub("", test).split("::")
        scope = Scope(path, ".".join(names))
        return scope if names and path in self.world.followed and self.world.body(scope) is not None else None

    def _places(self, test: Scope, frame: Frame, how: How) -> Iterator[Place]:
        """Yield the places of the test's mocks that are called at a line."""
        for origin in self._mocks(test):
            for role in self.court.roles.of(origin):
                if role.view is None:
                    continue
                for use in self.court.uses.all(role.view):
                    steps = use.steps[len(role.view.steps) :]
                    is_below = use.steps[: len(role.view.steps)] == role.view.steps
                    if is_below and _is_at(use, frame) and (use.how is how or use.how in _MAYBE.get(how, ())):
                        yield origin._replace(steps=(*origin.steps, *steps))

    def _mocks(self, test: Scope) -> tuple[Place, ...]:
        """Return the mocks that exist while a test runs: its own, those of its fixtures, and of its class."""
        found = (
            Place(scope, number)
            for scope in self.world.running_with(test)
            for number, call in enumerate(self.world.call_rows(scope))
            if call.tag and not call.tag.startswith("set")
        )
        return tuple(found)

    def _is_fault(self, place: Place, test: Scope, kind: Kind) -> bool:
        """Tell whether the mock that stands there now is of the wrong kind."""
        current = self.court.currents.of(place, test, _LATE)
        return current is (Current.PLAIN if kind is Kind.COROUTINE else Current.ASYNC)


_LATE = 1 << 30


def _is_at(use: Use, frame: Frame) -> bool:
    return use.path == frame.path and frame.line <= use.line <= (frame.end_line or frame.line)


def _is_below(place: Place, other: Place) -> bool:
    count = len(other.steps)
    return place.origin == other.origin and len(place.steps) > count and place.steps[:count] == other.steps


def _line(message: str) -> str:
    return message.strip().partition("\n")[0]
