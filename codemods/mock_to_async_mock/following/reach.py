"""Reach: whether a mock gets anywhere at all, or is only kept by the test that made it."""

from __future__ import annotations

from collections.abc import Iterator

from ..survey.rows import Call
from ..survey.tags import CONSTRUCTORS
from .audience import Audience
from .awaits import words_of
from .calls import last_words
from .evaluating import Evaluator
from .values import Datum, Local, Place, Scope, Self, Value

_DEPTH = 4  # lists in dictionaries, and functions that give them


class Reach:
    """Answers whether code other than a test's own statements can get hold of a mock, and what it is called there."""

    def __init__(self, evaluator: Evaluator, audience: Audience) -> None:
        self.world = evaluator.world
        self.evaluator = evaluator
        self.audience = audience
        self._given: dict[str, frozenset[Place]] = {}

    def has(self, origin: Place) -> bool:
        """Tell whether a mock is patched in, handed to a call, or put at something that is not a test's own."""
        if self.world.call(origin.scope, origin.number).tag not in CONSTRUCTORS:
            return True
        return any(origin in self._of_file(path) for path in self.audience.files_of(origin))

    def words(self, place: Place) -> frozenset[str]:
        """Return the words by which tests call what has a child: the attribute above it, else the mock's own names."""
        owners = {place, *self._above(place)} if not place.steps else {place}
        found: set[str] = set()
        for owner in owners:
            above = [step for step in owner.steps[:-1] if step.isidentifier()]
            found |= words_of(above[-1]) if above else words_of(*self._names(owner.origin))
        return frozenset(found)

    def _above(self, origin: Place) -> Iterator[Place]:
        """Yield the attributes of other mocks that a mock is put at where it is made."""
        body = self.world.body(origin.scope)
        for store in body.stores if body else ():
            if origin in self.evaluator.places(origin.scope, store.value):
                yield from (owner.at(store.attr) for owner in self.evaluator.places(origin.scope, store.base))

    def _names(self, origin: Place) -> Iterator[str]:
        """Yield the variables and attributes that a mock is bound to where it is made, and its fixture."""
        body = self.world.body(origin.scope)
        term = f"#{origin.number}"
        for name, bound in body.bindings.items() if body else ():
            if term in bound.split("|"):
                yield name
        for store in body.stores if body else ():
            is_own = origin in self.evaluator.places(origin.scope, store.value)
            if is_own and not self.evaluator.places(origin.scope, store.base):
                yield store.attr
        if body is not None and any(origin in self.evaluator.places(origin.scope, each) for each in body.returned):
            yield origin.scope.qualname.rpartition(".")[2]

    def _of_file(self, path: str) -> frozenset[Place]:
        """Return the mocks that the functions of a file give away, and those that hang on them."""
        if path not in self._given:
            found: set[Place] = set()
            hanging: set[tuple[Place, Place]] = set()
            for qualname, bodies in self.world.bodies(path).items():
                scope = Scope(path, qualname)
                for number, call in enumerate(bodies[-1].calls):
                    given = {each.origin for _, term in call.arguments for each in self._mocks(scope, term)}
                    if call.tag in CONSTRUCTORS:
                        hanging |= {(each, Place(scope, number)) for each in given}
                    elif not self._is_own(scope, call):
                        found |= given
                for store in bodies[-1].stores:
                    owners = self.evaluator.values(scope, store.base)
                    given = {each.origin for each in self._mocks(scope, store.value)}
                    hanging |= {(each, owner.origin) for owner in owners if isinstance(owner, Place) for each in given}
                    if not owners or any(not isinstance(owner, (Place, Self)) for owner in owners):
                        found |= given
            while more := {mock for mock, owner in hanging if owner in found} - found:
                found |= more
            self._given[path] = frozenset(found)
        return self._given[path]

    def _is_own(self, scope: Scope, call: Call) -> bool:
        """Tell whether a call is an assertion, or one of a mock."""
        return any(word.startswith("assert") for word in last_words(call)) or bool(
            self.evaluator.places(scope, call.callee)
        )

    def _mocks(self, scope: Scope, term: str) -> Iterator[Place]:
        for value in self.evaluator.values(scope, term.lstrip("*")):
            yield from self._inside(scope, value, 0)

    def _inside(self, scope: Scope, value: Value, depth: int) -> Iterator[Place]:
        """Yield the mocks that a value is, holds, or gives when it is called."""
        if isinstance(value, Place):
            yield value
        elif depth < _DEPTH and isinstance(value, Datum) and (literal := self.evaluator.literal(value)) is not None:
            for item in literal.items:
                for each in self.evaluator.values(value.scope, item):
                    yield from self._inside(value.scope, each, depth + 1)
        elif depth < _DEPTH and isinstance(value, (Datum, Local)):
            for each in self.evaluator.given(scope, value):
                yield from self._inside(scope, each, depth + 1)
