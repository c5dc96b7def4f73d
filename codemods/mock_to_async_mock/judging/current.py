"""Which kind of mock stands at a place now."""

from __future__ import annotations

from enum import Enum

from greenmod.api import What

from ..following.calls import new_of
from ..following.evaluating import Evaluator
from ..following.roles import Roles
from ..following.values import CALLED, Datum, Place, Scope
from ..survey.rows import Call, Store
from ..survey.tags import CONSTRUCTORS

_PLAIN = frozenset({"Mock", "MagicMock", "NonCallableMock", "NonCallableMagicMock", "stub", "mock_open"})
_ASYNC = frozenset({"AsyncMock", "CoroutineMock", "async_stub"})
_CONFIGS = frozenset({"return_value", "side_effect"})


class Current(str, Enum):
    """What a call of a mock gives, as things are."""

    PLAIN = "plain"
    ASYNC = "async"
    SEALED = "sealed"  # it has the attributes that a list names, and no others
    RIGHT = "right"  # made to resemble the real thing, which sees to its children
    ASSIGNED = "assigned"  # something was put there, and is a site of its own
    UNKNOWN = "unknown"


class Currents:
    """Answers which kind of mock stands at a place when a statement runs."""

    def __init__(self, evaluator: Evaluator, roles: Roles) -> None:
        self.evaluator = evaluator
        self.roles = roles
        self.world = evaluator.world
        self._patched: dict[Scope, frozenset[Place]] = {}

    def of(self, place: Place, scope: Scope, seq: int) -> Current:
        """Return the kind of mock at `place` before the step `seq` of `scope`."""
        kind = self._made(place)
        for count in range(1, len(place.steps) + 1):
            here = place._replace(steps=place.steps[:count])
            if self.is_assigned(here, scope, seq):
                return Current.ASSIGNED
            kind = self._child(kind, here)
        return kind

    def _child(self, kind: Current, place: Place) -> Current:
        step = place.steps[-1]
        if step.startswith("="):
            return self._by_default(place)
        if kind is Current.RIGHT and step != CALLED:
            return self._by_spec(place)
        return _child(kind, step)

    def _by_spec(self, place: Place) -> Current:
        """Return the kind of a child that the mock's spec decides."""
        things = [role.thing for role in self.roles.of(place) if role.is_spec]
        answers = {thing.auto_async for thing in things if thing is not None and thing.what is What.FUNCTION}
        if len(answers) == 1 and (answer := answers.pop()) is not None:
            return Current.ASYNC if answer else Current.PLAIN
        return Current.RIGHT

    def _made(self, place: Place) -> Current:
        call = self.world.call(place.scope, place.number)
        keywords = dict(call.keywords)
        if call.tag in CONSTRUCTORS:
            if call.tag in ("create_autospec", "spy", "PropertyMock"):
                return Current.RIGHT if call.tag == "create_autospec" else Current.UNKNOWN
            if "wraps" in keywords or ("**" in keywords and not self._is_written_out(place.scope, call)):
                return Current.UNKNOWN
            if self._has_spec(call):
                return Current.SEALED if self._lists_names(place.scope, call) else Current.RIGHT
            return Current.ASYNC if call.tag in _ASYNC else Current.PLAIN
        if call.tag.endswith("patch.multiple"):
            return Current.PLAIN
        if "autospec" in keywords or "spec" in keywords or "spec_set" in keywords:
            return Current.RIGHT
        factory = keywords.get("new_callable")
        if factory is not None:
            name = factory.rpartition(".")[2]
            if name in _PLAIN | _ASYNC:
                return Current.ASYNC if name in _ASYNC else Current.PLAIN
            return Current.UNKNOWN
        if new_of(call):
            return Current.UNKNOWN
        return self._by_default(place)

    def _by_default(self, place: Place) -> Current:
        """Return what `patch` makes of its target when it is told nothing: an AsyncMock of a coroutine function."""
        roles = self.roles.of(place if place.steps[:1] and place.steps[0].startswith("=") else place.origin)
        if not roles:
            return Current.UNKNOWN
        answers = set()
        for role in roles:
            thing = role.thing
            if thing is None or thing.what in (What.UNKNOWN, What.MISSING):
                answers.add(Current.UNKNOWN)
            elif thing.auto_async is None:
                answers.add(
                    Current.PLAIN if thing.what in (What.MODULE, What.CLASS, What.INSTANCE) else Current.UNKNOWN
                )
            else:
                answers.add(Current.ASYNC if thing.auto_async else Current.PLAIN)
        return answers.pop() if len(answers) == 1 else Current.UNKNOWN

    def _has_spec(self, call: Call) -> bool:
        keywords = dict(call.keywords)
        return bool({"spec", "spec_set"} & keywords.keys() or call.args)

    def _lists_names(self, scope: Scope, call: Call) -> bool:
        keywords = dict(call.keywords)
        term = keywords.get("spec") or keywords.get("spec_set") or call.args[0]
        values = self.evaluator.values(scope, term)
        return any(isinstance(value, Datum) and self.evaluator.literal(value) for value in values)

    def _is_written_out(self, scope: Scope, call: Call) -> bool:
        term = dict(call.keywords)["**"]
        return any(
            isinstance(value, Datum) and self.evaluator.literal(value) for value in self.evaluator.values(scope, term)
        )

    def is_assigned(self, place: Place, scope: Scope, seq: int) -> bool:
        """Tell whether something was put at a place before: by the call that made the mock, or by an assignment."""
        if place.steps and len(place.steps) == 1 and self._is_given(place):
            return True
        return bool(self.assignments(place, scope, seq)) or place in self.patched(scope)

    def patched(self, scope: Scope) -> frozenset[Place]:
        """Return the places of mocks that a body patches on top of them."""
        if scope not in self._patched:
            body = self.world.body(scope)
            found: set[Place] = set()
            for call in body.calls if body else ():
                if call.tag.removeprefix("mocker.") in ("patch.object", "setattr") and len(call.args) >= 2:
                    for value in self.evaluator.values(scope, call.args[1]):
                        literal = self.evaluator.literal(value) if isinstance(value, Datum) else None
                        if literal is not None and literal.kind == "str":
                            found |= {owner.at(literal.text) for owner in self.evaluator.places(scope, call.args[0])}
            self._patched[scope] = frozenset(found)
        return self._patched[scope]

    def _is_given(self, place: Place) -> bool:
        call = self.world.call(place.scope, place.number)
        name = "return_value" if place.steps[-1] == CALLED else place.steps[-1]
        return name in dict(call.keywords)

    def assignments(self, place: Place, scope: Scope, seq: int) -> list[tuple[Scope, Store]]:
        """Return the assignments to a place that come before the step `seq` of `scope`."""
        found = [(scope, store) for store in self.evaluator.stores(scope).get(place, ()) if store.seq < seq]
        for where in self._before(place, scope):
            found += ((where, store) for store in self.evaluator.stores(where).get(place, ()))
        return found

    def _before(self, place: Place, scope: Scope) -> list[Scope]:
        """Return the bodies that have run before `scope` and know the mock: the one that made it, and set-ups."""
        found = [] if place.scope == scope else [place.scope]
        owner = self.world.class_of(scope)
        if owner is not None:
            for method in self.world.methods(owner):
                name = method.qualname.rpartition(".")[2].lower()
                if method not in (scope, place.scope) and (
                    name.startswith(("setup", "asyncsetup")) or self.world.is_fixture(method)
                ):
                    found.append(method)
        body = self.world.body(scope)
        for parameter in body.parameters if body else ():
            fixture = self.world.find_fixture(scope, parameter.name)
            if fixture is not None and fixture not in (scope, *found):
                found.append(fixture)
        return found

    def configurations(self, place: Place, scope: Scope, seq: int) -> list[tuple[Scope, Store]]:
        """Return the configurations of the mock at a place that come before the step `seq` of `scope`."""
        return [
            (where, store)
            for where in (scope, *self._before(place, scope))
            for name in _CONFIGS
            for store in self.evaluator.stores(where).get(place.at(name), ())
            if where != scope or store.seq < seq
        ]


def _child(kind: Current, step: str) -> Current:
    """Return the kind of an attribute of a mock, or of what a call of it gives."""
    if step in ("__aenter__", "__aexit__", "__anext__") and kind in (Current.PLAIN, Current.ASYNC):
        return Current.ASYNC
    if step.startswith("__") and kind is Current.ASYNC:
        return Current.PLAIN
    if kind is Current.RIGHT and step == CALLED:
        return Current.UNKNOWN
    return kind
