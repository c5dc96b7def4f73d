"""What production code does with what stands at a mock's place, and with what calls of it give."""

from __future__ import annotations

from greenmod.api import Objects, What

from ..following.roles import Roles
from ..following.use import How
from ..following.uses import Uses
from ..following.values import CALLED, ITEM, Place

# Steps of a use that are no attributes.
_NO_ATTRIBUTES = frozenset({CALLED, ITEM, "await", "async with", "async for", "inspected", "compared", "scheduled"})


class Production:
    """Answers how production code uses a place."""

    def __init__(self, objects: Objects, roles: Roles, uses: Uses) -> None:
        self.objects = objects
        self.roles = roles
        self.uses = uses

    def entered_at(self, place: Place) -> str:
        """Return where production code enters what a call of a place gives with `async with`, and never with `with`."""
        uses = [use for role in self.roles.of(place) if role.view is not None for use in self.uses.of(role.view)]
        hows = {use.how for use in uses}
        if How.ENTERED not in hows or How.PLAIN in hows:
            return ""
        return next(use.place for use in uses if use.how is How.ENTERED)

    def has_plain_result(self, place: Place) -> bool:
        """Tell whether production code calls methods of what it gets by awaiting a call of a place, without `await`."""
        for role in self.roles.of(place):
            if role.view is None:
                continue
            below = (*role.view.steps, CALLED)
            uses = [
                use
                for use in self.uses.all(role.view)
                if len(use.steps) > len(below) and use.steps[: len(below)] == below
            ]
            if any(use.how in (How.PLAIN, How.UNCLEAR, How.HANDED_BACK) for use in uses):
                return True
        return False

    def is_awaited_twice(self, place: Place) -> bool:
        """Tell whether production code awaits what it gets by awaiting a call of a place."""
        for role in self.roles.of(place):
            answer = self.objects.returned(role.thing) if role.thing is not None else None
            if answer is not None and answer.what is What.INSTANCE and answer.auto_async:
                return True
            uses = self.uses.of(role.view.at(CALLED)) if role.view is not None else ()
            if any(use.how is How.AWAITED for use in uses):
                return True
        return False

    def children(self, place: Place) -> set[str]:
        """Return the attributes that production code uses of what stands at a place."""
        found = set()
        for role in self.roles.of(place):
            if role.view is not None:
                depth = len(role.view.steps)
                found |= {
                    use.steps[depth]
                    for use in self.uses.all(role.view)
                    if len(use.steps) > depth
                    and use.steps[:depth] == role.view.steps
                    and use.steps[depth] not in _NO_ATTRIBUTES
                }
        return found
