"""What can change together only: clients, fixtures, helpers, tests; each component whole, or left alone.

Nothing here knows how anything is written.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from greenmod.api import Project, SkippedSite

from ..following.clients import Block, Clients
from ..following.fixtures import Fixtures
from ..following.world import Place, World
from .coroutines import Coroutines
from .hazards import Hazards
from .judge import judge

# What makes every other reason beside the point.
_FIRST = ("suppressed", "subclass", "ambiguous-name", "star-import", "client-factory")


_LAST = ("never-sends", "uncalled")  # where nothing better is known


class Component(NamedTuple):
    """One connected piece of a test suite: its name, its members, and why it is left alone if it is."""

    name: str
    places: tuple[Place, ...]
    functions: tuple[Place, ...]
    constructors: tuple[Place, ...]
    block: Block | None


def _rank(block: Block) -> tuple[bool, bool, Block]:
    return block.rule not in _FIRST, block.rule in _LAST, block


class Analysis:
    """Everything that is known of a repository's clients."""

    def __init__(self, project: Project) -> None:
        self.world = World(project)
        self.fixtures = Fixtures(self.world)
        self.clients = Clients(self.world, self.fixtures)
        self.world.load(project.surveys)
        while True:
            known = len(self.world.files)
            self.clients.follow()
            self.clients.blocks.clear()
            self.uses = judge(self.clients)
            self.coroutines = Coroutines(self.clients, self.uses)
            self.coroutines.spread()
            self.clients.follow()
            Hazards(self.clients, self.uses, self.coroutines).look()
            if len(self.world.files) == known:  # everything that was found out holds for all files that were looked at
                break
        self.clients.block_unparsable()
        self._ignore()

    def _ignore(self) -> None:
        """Block what a comment asks to leave alone."""
        for place in (*self.clients.held, *self.clients.touched):
            if ignored := self.world.files[place.path].rows.ignored:
                lines = [
                    self._line(place),
                    *(o.expr.at[0] for o in self.world.occurrences[place] if o.path == place.path),
                ]
                for line in ignored.keys() & set(lines):
                    self.clients.block(place, place.path, line, "suppressed", ignored[line])

    def components(self) -> list[Component]:
        """Return the components, by place."""
        links = self.clients.links
        places: dict[Place, set[Place]] = defaultdict(set)
        for place in (*self.clients.held, *self.clients.touched, *self.coroutines.functions):
            places[links.root(place)].add(place)
            if around := self._around(place):
                places[links.root(around)].add(around)
        blocks: dict[Place, list[Block]] = defaultdict(list)
        for place, found in self.clients.blocks.items():
            blocks[links.root(place)] += found
        return sorted(self._component(members, blocks[root]) for root, members in places.items())

    def skips(self, component: Component) -> Iterator[SkippedSite]:
        """Yield one skip for each member of a component that is left alone."""
        assert component.block is not None
        path, line, rule, words = component.block
        members = {(place.path, self._line(self._outermost(place))) for place in component.functions}
        for place in component.constructors:
            if self._around(place) is None:
                members.add((place.path, self.world.call(place.path, int(place.name)).expr.at[0]))
        yield from (SkippedSite(*member, rule, f"{path}:{line} {words}") for member in sorted(members))

    def _is_used(self, place: Place) -> bool:
        """Tell whether something is awaited in a function, for the sake of its client."""
        return place in self.coroutines.functions

    def _outermost(self, place: Place) -> Place:
        """Return the function that a nested one stands in."""
        outer = self.clients.function_around(place.path, place.name.rpartition(".")[0])
        return self._outermost(outer) if outer else place

    def _component(self, members: set[Place], blocks: list[Block]) -> Component:
        constructors = tuple(sorted(members & self.clients.constructors))
        functions = tuple(sorted(place for place in members if place.kind == "function"))
        if not constructors:
            first = min((*functions, *members))
            words = "where this client is made was not found"
            blocks = [*blocks, Block(first.path, self._line(first), "app-unresolved", words)]
        if constructors and not any(self._is_used(place) for place in members):
            first = constructors[0]
            blocks = [*blocks, Block(first.path, self._line(first), "never-sends", "this client sends no request")]
        path, line, home = min((place.path, self._line(place), place) for place in members)
        first_block = min(
            blocks, key=lambda block: (block.rule not in _FIRST, block.rule in _LAST, block), default=None
        )
        name = f"{path}:{line}:{home.name or home.kind}"
        return Component(name, tuple(sorted(members)), functions, constructors, first_block)

    def _around(self, place: Place) -> Place | None:
        """Return the function that a member stands in."""
        if place.kind == "call":
            scope = self.world.call(place.path, int(place.name)).expr.scope
            return self.clients.function_around(place.path, scope)
        if place.kind == "var" and place.scope:
            return self.clients.function_around(place.path, place.scope)
        return None

    def _line(self, place: Place) -> int:
        if place.kind == "call":
            return self.world.call(place.path, int(place.name)).expr.at[0]
        if place.kind == "function" and (function := self.world.function(place)):
            return function.line
        if around := self._around(place):
            return self._line(around)
        return min((store.line for path, store in self.world.stores.get(place, ()) if path == place.path), default=1)
