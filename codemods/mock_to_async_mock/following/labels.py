"""Labels: by which words a test calls its mocks."""

from __future__ import annotations

from collections.abc import Iterator

from .awaits import words_of
from .evaluating import Evaluator
from .values import Place


class Labels:
    """Answers by which words tests call what a place of a mock is a method of."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.evaluator = evaluator
        self.world = evaluator.world

    def of(self, place: Place) -> frozenset[str]:
        """Return those of the attribute above a place, else those of the mock's own names."""
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
