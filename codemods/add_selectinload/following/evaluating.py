"""Goes through all functions, from one to the next where rows are handed over or returned."""

from __future__ import annotations

from collections.abc import Mapping

from greenmod.api import What

from ..models.models import Models
from ..templates.library import Library
from . import validating
from .prebuilt import Prebuilt
from .queries import Aside
from .reads import Reads
from .repeats import Repeat
from .run import Run
from .states import OptionsCall, Root, Shape, State
from .steps import NOTHING, States
from .world import Scope, World

_DEPTH = 10  # calls from function to function that are followed
_ONE = frozenset({Shape.ROW, Shape.MAPPED})


class Evaluator:
    """Goes through functions with what is known of their parameters.

    `roots` are the queries with all their options, `repeats` those that are asked for each row of another, `unjoinable`
    those that a join would make another query of, `aside` those for no mapped class that is known.
    """

    def __init__(self, world: World, models: Models) -> None:
        self.world = world
        self.models = models
        self.reads = Reads(models)
        self.prebuilt = Prebuilt(world, models.assigned)
        self.templates = Library(world.project)
        self.roots: dict[Root, tuple[OptionsCall, ...]] = {}
        self.repeats: dict[Repeat, None] = {}
        self.unjoinable: set[Root] = set()
        self.aside: set[Aside] = set()
        self._returned: dict[tuple[Scope, tuple[tuple[str, States], ...]], States] = {}
        self._running: set[Scope] = set()
        self._is_cut = False

    def run(self, scope: Scope) -> None:
        """Go through a function as its own callers may call it, and what becomes of its result if it is a route."""
        given = self.called(scope, {})
        route = self.models.route_at(scope.path, scope.qualname) if given else None
        if route is None:
            return
        fitting = [state for state in given if state.shape in _ONE or route.is_many is not False]
        for schema in filter(None, map(self.models.schema, route.schemas)):
            for state in fitting:
                where = f"{scope.path}:{route.line}"
                validating.read(self.models, self.reads.want_for_schema, state, schema, where)

    def called(self, scope: Scope, given: Mapping[str, States]) -> States:
        """Go through a function with rows that it is given, and return what it gives."""
        given = {
            name: tuple(one._replace(is_passed=True) for one in states if one.made is None)
            for name, states in given.items()
        }
        key = scope, tuple(sorted((name, states) for name, states in given.items() if states))
        if key not in self._returned:
            body = self.world.body(scope)
            if body is None or scope in self._running or len(self._running) >= _DEPTH:
                self._is_cut = True
                return NOTHING
            was_cut, self._is_cut = self._is_cut, False
            self._running.add(scope)
            found = Run(self, scope, body, given).results()
            self._running.discard(scope)
            if self._is_cut and self._running:
                return found  # whoever calls it from elsewhere may see more
            self._returned[key] = found
            self._is_cut = was_cut
        return self._returned[key]

    def begun(self, root: Root) -> None:
        """Remember a query."""
        self.roots.setdefault(root, ())

    def given_options(self, state: State) -> None:
        """Remember the options that a query has been given, in whatever branch."""
        if state.root is not None:
            self.roots[state.root] = tuple(dict.fromkeys((*self.roots.get(state.root, ()), *state.options)))

    def entity_named(self, path: str, text: str, scope: str) -> str:
        """Return the qualified name of the mapped class that a text stands for; empty where it is none."""
        thing = self.world.objects.named(path, text, scope)
        entity = self.models.entity_of(thing) if thing.what is What.CLASS else None
        return entity.name if entity is not None else ""
