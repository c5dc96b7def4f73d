"""All that is known, asked about one place of a mock at a time."""

from __future__ import annotations

from collections.abc import Iterable

from greenmod.api import Calling, Objects, Project, What

from ..following.audience import Audience
from ..following.awaits import Awaits
from ..following.dependencies import Dependencies
from ..following.evaluating import Evaluator
from ..following.labels import Labels
from ..following.names import COMMON, Names
from ..following.nearness import Nearness
from ..following.predicates import Predicates
from ..following.role import Role
from ..following.roles import Roles
from ..following.use import How, Use
from ..following.uses import Uses
from ..following.values import CALLED, Place
from ..following.world import World
from .awaitables import Awaitables
from .current import Currents
from .kinds import Kind, Want
from .production import Production
from .testimony import Testimony
from .wanted import Wants

_DUNDERS = frozenset({"__aenter__", "__aexit__", "__anext__"})
# Rules of doubts that a test settles which asserts that a mock is awaited.
_DOUBTS = frozenset({"unresolved-target", "not-installed", "star-import", "import-cycle", "conflicting-evidence"})
# What a mock has of its own.
_OWN = frozenset(
    {"return_value", "side_effect", "mock_calls", "call_args", "call_args_list", "call_count", "called", "method_calls"}
    | {"reset_mock", "configure_mock", "mock_add_spec", "attach_mock", "__name__", "__qualname__", "__wrapped__"}
    | {"await_count", "await_args", "await_args_list", CALLED}
)


class Court:
    """The questions that decide on a site."""

    def __init__(self, project: Project, objects: Objects) -> None:
        self.world = World(project, objects)
        self.world.read_production()
        self.evaluator = Evaluator(self.world)
        predicates = Predicates(self.world)
        self.uses = Uses(self.world, predicates)
        self.audience = Audience(self.world)
        self.dependencies = Dependencies(self.world)
        self.roles = Roles(self.evaluator, self.audience, self.dependencies)
        self.targets, self.flows = self.roles.targets, self.roles.flows
        self.names = Names(self.world, predicates, self.world.production)
        nearness = Nearness(self.evaluator, self.audience)
        labels = Labels(self.evaluator)
        self.wants = Wants(self.world, self.uses, self.names, Awaits(self.world), labels, nearness)
        self.currents = Currents(self.evaluator, self.roles)
        self.awaitables = Awaitables(self.evaluator, self.currents, self.names)
        self.testimony = Testimony(self.evaluator, self.roles, self.audience)
        self.production = Production(objects, self.roles, self.uses)

    def may_matter_by_name(self, name: str) -> bool:
        return name in _DUNDERS or self.names.may_be_asynchronous(name)

    def ignored(self, path: str) -> frozenset[int]:
        rows = self.world.rows(path)
        return frozenset(rows.ignored) if rows else frozenset()

    def want(self, place: Place) -> Want:
        """Return the kind that a place wants, by reality or by what the test itself says of it."""
        slots = self.roles.slot_names(place)
        if slots & _DUNDERS:
            dunder = sorted(slots & _DUNDERS)[0]
            return Want(Kind.COROUTINE, (f"`async with` and `async for` await what `{dunder}` gives",), is_sure=True)
        roles = self.roles.of(place)
        name = place.steps[-1] if place.steps else next(iter(slots)) if len(slots) == 1 else ""
        want = self.wants.combined(place, roles, name)
        is_open = want.rule in _DOUBTS or want.kind in (Kind.UNKNOWN, Kind.PLAIN)
        if is_open and (asserted := self.testimony.asserted_at(place)):
            said = f"the test asserts that it is awaited, at {asserted}"
            if want.kind is Kind.PLAIN:
                return Want(Kind.DOUBTFUL, (), "conflicting-evidence", f"{want.why[-1]}, but {said}")
            return Want(Kind.COROUTINE, (said,), is_sure=True)
        if want.rule == "never-awaited":
            return self._awaited_by_tests(place, want)
        return want

    def _awaited_by_tests(self, place: Place, want: Want) -> Want:
        """Return what tests make of a coroutine function that production code never awaits."""
        calls = self.testimony.calls(place)
        awaited = next((own for own in calls if own.how is How.AWAITED), None)
        if awaited is not None:
            return Want(Kind.COROUTINE, (*want.why, f"awaited by a test at {awaited.scope.path}:{awaited.line}"))
        calls += self.testimony.calls_of_real(place, place.scope)
        if self.testimony.is_compared(place, place.scope):
            return Want(Kind.DOUBTFUL, want.why, "sealed", "the test compares what it gives by identity")
        if calls:
            said = f"the test itself calls it without `await` at {calls[0].scope.path}:{calls[0].line}"
            return Want(Kind.DOUBTFUL, want.why, "called-synchronously", said)
        return want

    def uses_of(self, roles: Iterable[Role]) -> list[Use]:
        """Return the uses that production code makes of what roles stand for."""
        return [use for role in roles if role.view is not None for use in self.wants.by_use.seen_through(role.view)]

    def kept_at(self, place: Place) -> str:
        """Return where a call of the name of a place keeps what it gives, or asks what it is; empty where none does."""
        things = (role.thing for role in self.roles.of(place))
        names = {*place.steps[-1:], *(thing.qualname.rpartition(".")[2] for thing in things if thing is not None)}
        keys = ((name, how) for name in sorted(names - COMMON) for how in (How.UNCLEAR, How.INSPECTED))
        return next((self.names.first[key] for key in keys if key in self.names.first), "")

    def is_spec_enough(self, place: Place) -> bool:
        """Tell whether a mock is made to resemble a coroutine function, which makes its calls awaitable."""
        call = self.world.call(place.scope, place.number)
        return any(
            role.thing is not None and role.thing.what is What.FUNCTION and role.thing.auto_async
            for role in self.roles.specified(place.scope, call)
        )

    def may_be_plain(self, place: Place) -> bool:
        """Tell whether some definition says that a place is a plain function."""
        plain = (Calling.SYNC, Calling.EITHER)
        return any(role.thing is not None and role.thing.calling in plain for role in self.roles.of(place))

    def children(self, place: Place) -> tuple[str, ...]:
        """Return the attributes of a mock that tests or production code use as such."""
        found = self.testimony.children(place) | self.production.children(place)
        return tuple(sorted(name for name in found if name not in _OWN and not name.startswith(("assert_", "__"))))
