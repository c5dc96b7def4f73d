"""What a call of the real thing gives, by all that a mock stands for: definitions first, then uses, then names."""

from __future__ import annotations

from collections.abc import Sequence

from greenmod.api import Calling, What

from ..following.awaits import Awaits
from ..following.labels import Labels
from ..following.names import Names
from ..following.nearness import Nearness
from ..following.role import Role, alternatives
from ..following.use import Use
from ..following.uses import Uses
from ..following.values import Place
from ..following.views import View
from ..following.world import World
from .by_definition import ByDefinition, name_of
from .by_name import ByName
from .by_use import ByUse
from .kinds import NOTHING, Kind, Want


class Wants:
    """Answers what kind of call a place of a mock wants."""

    def __init__(
        self, world: World, uses: Uses, names: Names, awaits: Awaits, labels: Labels, nearness: Nearness
    ) -> None:
        self.world = world
        self.nearness = nearness
        self.by_name = ByName(names, awaits, labels, nearness)
        self.by_use = ByUse(uses, names)
        self.by_definition = ByDefinition(awaits, self.by_use, nearness)

    def combined(self, place: Place, roles: Sequence[Role], name: str) -> Want:
        """Return what all roles of a place come to together, and without any what its name says."""
        among = [each for role in roles for each in alternatives(role)]
        several = [role.thing for role in among if role.is_one_of_several and role.thing is not None]
        if {Calling.COROUTINE, Calling.SYNC} <= {thing.calling for thing in several}:
            said = "; ".join(
                f"`{name_of(thing)}` at {self.world.objects.place(thing)} gives a {thing.calling.value} result"
                for thing in several
            )
            return Want(Kind.DOUBTFUL, (), "conflicting-evidence", f"it may be one of several: {said}")
        wants = [self.of_role(place, role)._replace(source=(role.because, role.view)) for role in roles]
        known = [want for want in wants if want.kind is not Kind.UNKNOWN]
        kinds = {want.kind for want in known}
        if Kind.DOUBTFUL in kinds:
            return next(want for want in known if want.kind is Kind.DOUBTFUL)
        if len(kinds) > 1 and Kind.COROUTINE not in kinds:
            return NOTHING
        if kinds in ({Kind.COROUTINE, Kind.CONTEXT}, {Kind.COROUTINE, Kind.ITERATOR}):
            said = "; ".join(dict.fromkeys(want.why[-1] for want in known))
            rule = "async-context" if Kind.CONTEXT in kinds else "async-iterator"
            return Want(Kind.DOUBTFUL, (), rule, f"it is used in more than one way: {said}")
        if len(kinds) > 1 and len({want.source for want in known}) == 1:
            said = "; ".join(dict.fromkeys(want.why[min(1, len(want.why) - 1)] for want in known))
            return Want(Kind.DOUBTFUL, (), "conflicting-evidence", said)
        if len(kinds) > 1:
            said = "; ".join(dict.fromkeys(want.why[-1] for want in known if want.why))
            return Want(Kind.DOUBTFUL, (), "mixed-uses", f"it is used in more than one way: {said}")
        against = next((want.reason for want in wants if want.kind is Kind.UNKNOWN and want.reason), "")
        if against and all(want.by_use for want in known) and Kind.COROUTINE in kinds:
            return Want(Kind.DOUBTFUL, (), "conflicting-evidence", f"{known[0].why[-1]}, but {against}")
        if known:
            return max(known, key=lambda want: len(want.why))
        return self.by_name.want(place, name, roles)

    def of_role(self, place: Place, role: Role) -> Want:
        """Return what one role of a place wants."""
        uses = self._uses(place, role.view) if role.view is not None else ()
        thing = role.thing
        is_callable = thing is not None and thing.what in (What.FUNCTION, What.INSTANCE)
        if thing is not None and is_callable and thing.calling is not Calling.UNKNOWN:
            return self.by_definition.want(place, role, thing, uses)
        if thing is not None and thing.what is What.CLASS:
            return Want(Kind.PLAIN, (role.because, f"`{name_of(thing)}` is a class"))
        return self.by_use.want(role, uses)

    def _uses(self, place: Place, view: View) -> Sequence[Use]:
        """Return the uses that a view shows, the nearest to the test first; of a library anybody has some."""
        uses = self.nearness.sort(place, self.by_use.seen_through(view))
        if view.kind == "library":
            return [use._replace(is_far=self.nearness.is_far(place, use)) for use in uses]
        return uses
