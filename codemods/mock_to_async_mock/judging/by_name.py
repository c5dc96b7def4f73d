"""What names say, of what can't be followed: the project's own definitions and calls of a name, where all agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ..following.names import COMMON, Names
from ..following.role import Role, is_known
from ..following.use import How
from ..following.values import CALLED
from .kinds import NOTHING, Kind, Want


def want_by_name(names: Names, name: str, roles: Sequence[Role]) -> Want:
    """Return what the project's own definitions and calls of a name say, where all of them say the same."""
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
        reason = f"every call of `{name}` is awaited, but what has this method here isn't known"
        return NOTHING if roles else Want(Kind.DOUBTFUL, (), "unresolved-target", reason)
    if plain := names.find_plain_in_tests(name):
        return _conflicting(names, name, plain)
    why = (
        f"every `{name}` of the project is `async def`, such as the one at {names.asynchronous[name]}",
        f"every call of it is awaited, such as the one at {names.first[name, How.AWAITED]}",
    )
    if undeclared := next((role.thing for role in roles if role.has_known_owner and role.thing is not None), None):
        return Want(Kind.DOUBTFUL, (), undeclared.rule, f"{why[0]}, but {undeclared.reason}")
    return Want(Kind.COROUTINE, why)


def _conflicting(names: Names, name: str, other: str) -> Want:
    reason = f"`{name}` is `async def` at {names.asynchronous[name]}, but not at {other}"
    return Want(Kind.DOUBTFUL, (), "conflicting-evidence", reason)
