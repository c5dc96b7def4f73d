"""What a mock takes the place of: where it is put, handed to, or what it is made to resemble."""

from __future__ import annotations

from collections.abc import Iterator

from greenmod.api import Thing, What

from ..survey.rows import Call
from ..survey.tags import CONSTRUCTORS
from .audience import Audience
from .dependencies import Dependencies
from .evaluating import Evaluator
from .flows import Flows
from .role import Role, alternatives, further
from .targets import Targets
from .values import Local, Place, Real, Scope, Value

_DEPTH = 8


class Roles:
    """Answers what stands at the places of mocks in reality.

    Targets and flows get `self.of` with each question: a cycle of references would outlive the decision.
    """

    def __init__(self, evaluator: Evaluator, audience: Audience, dependencies: Dependencies) -> None:
        self.world = evaluator.world
        self.evaluator = evaluator
        self.targets = Targets(evaluator)
        self.flows = Flows(evaluator, self.targets, audience, dependencies)
        self._known: dict[Place, tuple[Role, ...]] = {}

    def of(self, place: Place, depth: int = 0) -> tuple[Role, ...]:
        """Return everything that a place stands for."""
        if place not in self._known:
            if depth > _DEPTH:
                return ()
            self._known[place] = ()
            self._known[place] = tuple(dict.fromkeys(self._find(place, depth)))
        return self._known[place]

    def _find(self, place: Place, depth: int) -> Iterator[Role]:
        if not place.steps:
            yield from self._of_origin(place, depth)
        else:
            name = place.steps[-1]
            for role in self.of(place.parent, depth + 1):
                yield from (further(self.world.objects, each, name) for each in alternatives(role))
        for flow in self.flows.of(place.origin, self.of):
            if flow.steps == place.steps and place.steps:
                yield from (flow.to,) if isinstance(flow.to, Role) else self.of(flow.to, depth + 1)

    def _of_origin(self, place: Place, depth: int) -> Iterator[Role]:
        call = self.world.call(place.scope, place.number)
        if call.tag not in CONSTRUCTORS:
            yield from self.target(place.scope, call)
            return
        yield from self.specified(place.scope, call)
        for flow in self.flows.of(place, self.of):
            if not flow.steps:
                yield from (flow.to,) if isinstance(flow.to, Role) else self.of(flow.to, depth + 1)

    def target(self, scope: Scope, call: Call) -> Iterator[Role]:
        """Yield what a patch replaces."""
        return self.targets.of(scope, call, self.of)

    def specified(self, scope: Scope, call: Call) -> Iterator[Role]:
        """Yield what a mock is made to resemble by `spec`."""
        keywords = dict(call.keywords)
        term = keywords.get("spec") or keywords.get("spec_set") or (call.args[0] if call.args else "")
        for value in self.evaluator.values(scope, term) if term else ():
            if thing := self._thing_of(value):
                is_instance = thing.what is What.CLASS and call.tag != "create_autospec"
                yield Role(
                    self.world.objects.returned(thing) if is_instance else thing,
                    None,
                    f"made to resemble `{term}`",
                    is_spec=True,
                )

    def _thing_of(self, value: Value) -> Thing | None:
        """Return what a value is, also where the tests define it; None for mocks and data."""
        if isinstance(value, Local):
            return self.world.objects.named(value.scope.path, value.scope.qualname)
        return value.thing if isinstance(value, Real) else None

    def slot_names(self, place: Place, *, with_parameters: bool = True) -> frozenset[str]:
        """Return the names of the attributes, and parameters, that a mock is put at."""
        if place.steps:
            return frozenset({place.steps[-1]})
        names = set()
        for flow in self.flows.of(place, self.of):
            if not flow.steps and isinstance(flow.to, Place) and flow.to.steps:
                names.add(flow.to.steps[-1])
            elif not flow.steps and isinstance(flow.to, Role) and flow.to.view is not None:
                if flow.to.is_argument and not with_parameters:
                    continue
                names.add(flow.to.view.steps[-1] if flow.to.view.steps else flow.to.view.name)
            elif not flow.steps and isinstance(flow.to, Role) and flow.to.thing is not None:
                names.add(flow.to.thing.qualname.rpartition(".")[2])
        return frozenset(names - {""})
