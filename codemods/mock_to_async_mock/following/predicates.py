"""Predicates of the project: functions that give back what `iscoroutinefunction`, or its like, says of an argument."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property

from greenmod.api import What

from ..survey.purposes import INSPECTORS
from ..survey.rows import Body, Call, Touch
from .values import Scope
from .world import World


class Predicates:
    """Sees to it that what the project's own predicates are asked about counts as inspected."""

    def __init__(self, world: World) -> None:
        self.world = world

    def noted(self, path: str, body: Body) -> Body:
        """Return a body in which the arguments of predicates have the note that they are inspected."""
        asked = [call for call in body.calls if self._is_predicate(Scope(path, body.qualname), call)]
        if not asked:
            return body
        terms = [(part, call.at[0]) for call in asked for _, term in call.arguments for part in term.split("|")]
        results = {int(part[1:]) for part, _ in terms if part.startswith("#") and part[1:].isdigit()}
        calls = (
            call._replace(hows=f"{call.hows},inspected") if number in results else call
            for number, call in enumerate(body.calls)
        )
        others = ((part, line) for part, line in terms if part and part[0] not in "#=\\?*&")
        touches = (*body.touches, *(Touch(part, "inspected", line) for part, line in others))
        return body._replace(calls=tuple(calls), touches=touches)

    def _is_predicate(self, scope: Scope, call: Call) -> bool:
        found = self._found.get(call.callee.rpartition(".")[2])
        if not found:
            return False
        thing = self.world.objects.named(scope.path, call.callee, scope.qualname)
        # A method of an object that can't be followed goes by its name.
        return thing.what is What.UNKNOWN or Scope(thing.file, thing.qualname) in found

    @cached_property
    def _found(self) -> Mapping[str, frozenset[Scope]]:
        """The predicates of production code, by their last names."""
        found: dict[str, set[Scope]] = defaultdict(set)
        for path in self.world.production:
            for qualname, bodies in self.world.bodies(path).items():
                if any(_asks(bodies[-1])):
                    found[qualname.rpartition(".")[2]].add(Scope(path, qualname))
        return {name: frozenset(scopes) for name, scopes in found.items()}


def _asks(body: Body) -> Iterator[bool]:
    """Yield, for each inspection whose answer a function returns, whether it is one of a parameter."""
    names = {each.name for each in body.parameters} if body.kind in ("function", "method") else ()
    parts = {part for term in body.returned for part in term.split("|")} if names else ()
    for part in parts:
        if part.startswith("#") and part[1:].isdigit():
            call = body.calls[int(part[1:])]
            if call.callee.rpartition(".")[2] in INSPECTORS:
                yield any(term in names for _, term in call.arguments)
