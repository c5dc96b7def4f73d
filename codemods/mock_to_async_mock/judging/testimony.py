"""What tests say of a mock by what they do with it themselves: they call, await, configure, compare and assert."""

from __future__ import annotations

from collections.abc import Iterator

from greenmod.api import What

from ..following.audience import Audience
from ..following.evaluating import Evaluator
from ..following.roles import Roles
from ..following.use import How
from ..following.values import CALLED, Place, Scope
from ..survey.rows import Call
from .mentions import Mentions, Own

_CONFIGS = ("return_value", "side_effect")


class Testimony:
    """Answers what all tests that know a mock do with it."""

    def __init__(self, evaluator: Evaluator, roles: Roles, audience: Audience) -> None:
        self.evaluator = evaluator
        self.roles = roles
        self.audience = audience
        self._mentions: dict[str, Mentions] = {}

    def of_file(self, path: str) -> Mentions:
        """Return what the tests of a file do with mocks."""
        if path not in self._mentions:
            self._mentions[path] = Mentions(self.evaluator, path)
        return self._mentions[path]

    def _of_place(self, place: Place) -> Iterator[Mentions]:
        """Yield what is done with mocks by all tests that know the mock of a place."""
        yield from map(self.of_file, self.audience.files_of(place.origin))

    def calls(self, place: Place) -> list[Own]:
        """Return the calls of a place by all tests that know the mock."""
        return [own for found in self._of_place(place) for own in found.calls.get(place, ())]

    def calls_of_real(self, place: Place, scope: Scope) -> list[Own]:
        """Return the calls, by the test itself, of the function that a mock takes the place of."""
        keys = {
            role.thing.key
            for role in self.roles.of(place)
            if role.thing is not None and role.thing.what is What.FUNCTION
        }
        if not keys:
            return []
        real = self.of_file(scope.path).real_calls
        return [own for key in keys for own in real.get(key, ()) if own.scope == scope]

    def asserted_at(self, place: Place) -> str:
        """Return where a test asserts that a place is awaited; empty where none does."""
        paths = self.audience.files_of(place.origin)
        for path in paths:
            if (line := self.of_file(path).asserted.get(place)) is not None:
                return f"{path}:{line}"
        for path in paths:
            if (line := self.of_file(path).counted.get(place)) is not None:
                return f"{path}:{line}"
        return ""

    def awaited_at(self, place: Place) -> str:
        """Return where a test awaits a call of a place itself; empty where none does."""
        calls = (*self.calls(place), *self.calls_of_real(place, place.scope))
        return next((f"{own.scope.path}:{own.line}" for own in calls if own.how is How.AWAITED), "")

    def is_looked_at(self, place: Place) -> bool:
        """Tell whether a test asserts that a place is awaited, or awaits it itself."""
        return bool(self.asserted_at(place) or self.awaited_at(place))

    def is_mentioned(self, place: Place, call: Call) -> bool:
        """Tell whether a mock is more than something to fill a parameter: named, configured, or looked at."""
        if set(_CONFIGS) & dict(call.keywords).keys() or self.roles.slot_names(place, with_parameters=False):
            return True
        if any(role.is_target for role in self.roles.of(place)) or self.configured(place, place.scope):
            return True
        return any(
            other.steps[-1:] and other.steps[-1].startswith("assert_")
            for found in self._of_place(place)
            for other in found.called.get(place, ())
        )

    def is_compared(self, place: Place, scope: Scope) -> bool:
        """Tell whether a test compares, by identity, what a call of a place gives."""
        body = self.evaluator.world.body(scope)
        answer = place.at("return_value")
        touched = (touch.term for touch in body.touches if touch.how == "compared") if body else ()
        if any("compared" in own.hows.split(",") for own in self.calls(place)):
            return True
        return any(answer in self.evaluator.places(scope, term) for term in touched)

    def first_reference(self, place: Place, scope: Scope) -> int | None:
        """Return when a test first looks at a child: a call of it, or of one of its own methods."""
        mentions = self.of_file(scope.path)
        found = [
            own.seq
            for other in mentions.called.get(place.origin, ())
            if other.steps[: len(place.steps)] == place.steps
            for own in mentions.calls[other]
            if own.scope == scope
        ]
        return min(found, default=None)

    def children(self, place: Place) -> set[str]:
        """Return the attributes of a mock that tests configure or call."""
        depth = len(place.steps)
        return {
            other.steps[depth]
            for mentions in self._of_place(place)
            for other in (*mentions.stored.get(place.origin, ()), *mentions.called.get(place.origin, ()))
            if len(other.steps) > depth and other.steps[:depth] == place.steps
        }

    def is_answer_configured(self, place: Place) -> bool:
        """Tell whether tests configure something below what a call of a place gives."""
        below = (*place.steps, CALLED)
        return any(
            len(other.steps) > len(below) and other.steps[: len(below)] == below
            for mentions in self._of_place(place)
            for other in mentions.stored.get(place.origin, ())
        )

    def configured(self, place: Place, scope: Scope) -> list[tuple[Scope, str, bool]]:
        """Return what a place is configured to give: scope and term, and whether that is called first."""
        return [
            (where, store.value, name == "side_effect")
            for where in dict.fromkeys((scope, place.scope))
            for name in _CONFIGS
            for store in self.evaluator.stores(where).get(place.at(name), ())
        ]
