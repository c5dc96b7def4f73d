"""What names say, of what can't be followed: the project's own definitions and calls of a name, where all agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ..following.awaits import Awaits
from ..following.labels import Labels
from ..following.names import COMMON, Names
from ..following.nearness import Nearness
from ..following.role import Role, is_known
from ..following.use import How
from ..following.values import CALLED, Place
from .kinds import NOTHING, Kind, Want


class ByName:
    """Answers what the project's own definitions and calls of a name say, where all of them say the same."""

    def __init__(self, names: Names, awaits: Awaits, labels: Labels, nearness: Nearness) -> None:
        self.names = names
        self.awaits = awaits
        self.labels = labels
        self.nearness = nearness

    def want(self, place: Place, name: str, roles: Sequence[Role]) -> Want:
        """Return what a place of a mock wants by its name."""
        names = self.names
        if name == CALLED or any(is_known(role.thing) for role in roles):
            return NOTHING
        targets = [role for role in roles if role.is_target and role.thing is not None and role.thing.rule]
        if targets and targets[0].thing is not None:
            role = targets[0]
            if role.name and not names.may_be_asynchronous(role.name):
                return NOTHING
            return Want(Kind.DOUBTFUL, (), targets[0].thing.rule, targets[0].thing.reason)
        if not name:
            return NOTHING
        uses = names.uses.get(name) or Counter[How]()
        if not uses[How.AWAITED]:
            return NOTHING
        others = (How.PLAIN, How.ENTERED, How.ITERATED, How.INSPECTED, How.HANDED_BACK, How.UNCLEAR)
        if name in names.asynchronous and (name in names.synchronous or any(uses[how] for how in others)):
            if name in COMMON:
                return NOTHING
            other = names.synchronous.get(name) or next(names.first[name, how] for how in others if uses[how])
            return _conflicting(names, name, other)
        if any(uses[how] for how in others) or name in names.by_reference:
            return NOTHING
        if name in COMMON or name not in names.asynchronous:
            return NOTHING if roles else _unresolved(name, "what has this method here isn't known")
        if undeclared := next((role.thing for role in roles if role.has_known_owner and role.thing is not None), None):
            return Want(Kind.DOUBTFUL, (), undeclared.rule, f"{_every(names, name)}, but {undeclared.reason}")
        if plain := names.find_plain_in_tests(name):
            return _conflicting(names, name, plain)
        return self._of_namesake(place, name)

    def _of_namesake(self, place: Place, name: str) -> Want:
        """Return what the calls say of a mock that is named as what they call."""
        words = self.labels.of(place)
        awaited = self.nearness.sort(place, (each for each in self.awaits.of(name) if each.words & words))
        if not awaited:
            return _unresolved(name, "what it is called on there has another name than the mock")
        why = (_every(self.names, name), f"every call of it is awaited, such as the one at {awaited[0].place}")
        return Want(Kind.COROUTINE, why)


def _every(names: Names, name: str) -> str:
    return f"every `{name}` of the project is `async def`, such as the one at {names.asynchronous[name]}"


def _unresolved(name: str, but: str) -> Want:
    return Want(Kind.DOUBTFUL, (), "unresolved-target", f"every call of `{name}` is awaited, but {but}")


def _conflicting(names: Names, name: str, other: str) -> Want:
    reason = f"`{name}` is `async def` at {names.asynchronous[name]}, but not at {other}"
    return Want(Kind.DOUBTFUL, (), "conflicting-evidence", reason)
