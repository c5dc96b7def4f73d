"""What uses say: each that production code makes of a name that it has for the thing, and all together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..following.names import COMMON, Names
from ..following.role import Role
from ..following.use import How, Use
from ..following.uses import Uses
from ..following.values import Scope
from ..following.views import View
from .kinds import NOTHING, Kind, Want

BY_HOW = {
    How.AWAITED: Kind.COROUTINE,
    How.PLAIN: Kind.PLAIN,
    How.ENTERED: Kind.CONTEXT,
    How.ITERATED: Kind.ITERATOR,
}


class ByUse:
    """Answers what the uses of a thing want of it."""

    def __init__(self, uses: Uses, names: Names) -> None:
        self.uses = uses
        self.names = names
        self._seen: dict[View, tuple[Use, ...]] = {}

    def seen_through(self, view: View) -> Sequence[Use]:
        """Return uses, where a plain function that hands back what it gets, and is always awaited, awaits it."""
        if view not in self._seen:
            uses = self.uses.of(view)
            self._seen[view] = tuple(use._replace(how=How.AWAITED) if self._is_awaited(use) else use for use in uses)
        return self._seen[view]

    def _is_awaited(self, use: Use) -> bool:
        owner, _, name = use.function.rpartition(".")
        if use.how is not How.HANDED_BACK:
            return False
        view = View("attribute" if owner else "name", Scope(use.path, owner), name)
        hows = {other.how for other in self.uses.of(view)}
        if not hows and name not in COMMON and name not in self.names.asynchronous:
            hows = {how for how, count in self.names.uses.get(name, {}).items() if count}
        return How.AWAITED in hows and not hows & {How.PLAIN, How.ENTERED, How.ITERATED, How.HANDED_BACK}

    def want(self, role: Role, uses: Sequence[Use], among: Iterable[Kind] = tuple(Kind), said: str = "") -> Want:
        """Return what all uses want, where that is one kind `among` those that a definition, as `said`, allows."""
        kinds = kinds_of(uses)
        if (doubt := _doubt(uses, kinds)) is not None:
            return doubt
        if len(kinds) == 1 and (kind := kinds.pop()) in among:
            name = role.view.steps[-1] if role.view is not None and role.view.steps else ""
            if (
                role.view is not None
                and "[]" in role.view.steps
                and kind is Kind.COROUTINE
                and name in self.names.synchronous
            ):
                reason = f"which item of `{role.view.name}` it is isn't known, and `{name}` is a plain function"
                return Want(Kind.DOUBTFUL, (), "conflicting-evidence", f"{reason} at {self.names.synchronous[name]}")
            why = (role.because, *((said, *where(uses, kind)) if said else (_anywhere(uses, kind),)))
            return Want(kind, why, is_sure=True, by_use=True)
        if Kind.COROUTINE in kinds:
            places = ", ".join(_placed(use) for use in _one_each(uses))
            return Want(Kind.DOUBTFUL, (), "conflicting-evidence", f"it is {places}")
        return NOTHING


def _doubt(uses: Sequence[Use], kinds: set[Kind]) -> Want | None:
    """Return why uses of whatever kinds can't be believed; None where they can."""
    attribute = [use for use in uses if use.steps and use.steps[-1] == "await"]
    if attribute:
        return Want(Kind.DOUBTFUL, (), "awaited-attribute", f"{attribute[0].place} awaits it without a call")
    if (either := accepts_either(uses)) is not None:
        return either
    back = next((use for use in uses if use.how is How.HANDED_BACK), None)
    if back is not None and Kind.COROUTINE not in kinds:
        return Want(Kind.UNKNOWN, reason=f"{back.place} hands it back from a plain function")
    unclear = next((use for use in uses if use.how is How.UNCLEAR), None)
    if unclear is not None and kinds == {Kind.COROUTINE}:
        said = f"it is {_anywhere(uses, Kind.COROUTINE)}, but what {unclear.place} does with the result isn't clear"
        return Want(Kind.DOUBTFUL, (), "conflicting-evidence", said)
    if back is not None and kinds == {Kind.COROUTINE}:
        said = f"it is {_anywhere(uses, Kind.COROUTINE)}, but {back.place} hands it back from a plain function"
        return Want(Kind.DOUBTFUL, (), "conflicting-evidence", said)
    return None


def accepts_either(uses: Sequence[Use]) -> Want | None:
    """Return the doubt where production code asks whether a result can be awaited; None where it doesn't."""
    place = next((use.place for use in uses if use.how is How.INSPECTED), None)
    if place is None:
        return None
    return Want(Kind.DOUBTFUL, (), "accepts-either", f"{place} asks whether it can be awaited, and takes either")


def kinds_of(uses: Sequence[Use]) -> set[Kind]:
    """Return the kinds that uses speak for."""
    return {BY_HOW[use.how] for use in uses if use.how in BY_HOW and use.steps[-1:] != ("await",)}


def where(uses: Sequence[Use], kind: Kind) -> tuple[str, ...]:
    """Return where the uses that speak for a kind are: the first of them that is near."""
    return next(((_placed(use),) for use in uses if BY_HOW.get(use.how) is kind and not use.is_far), ())


def _anywhere(uses: Sequence[Use], kind: Kind) -> str:
    """Return where the first of the uses is that speak for a kind."""
    return next(_placed(use) for use in uses if BY_HOW.get(use.how) is kind)


def _placed(use: Use) -> str:
    return f"{'run as a coroutine' if use.is_scheduled else use.how.value} at {use.place}"


def _one_each(uses: Sequence[Use]) -> list[Use]:
    found: dict[How, Use] = {}
    for use in uses:
        if use.how in BY_HOW:
            found.setdefault(use.how, use)
    return [*found.values()]
