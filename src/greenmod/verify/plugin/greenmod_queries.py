"""What rows came from: the query that gave them, and the relationships that led from its rows to them.

SQLAlchemy itself carries an Origin, which is an option that does nothing, from a query to all that is loaded for its
rows, eagerly or lazily. It runs in the project's interpreter: Python 3.8 and the standard library must do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Protocol

    class Mapper(Protocol):
        class_: type

    class Relationship(Protocol):
        """A `RelationshipProperty`."""

        key: str
        uselist: bool
        mapper: Mapper
        parent: Mapper

    class Path(Protocol):
        """A `PathRegistry`: entities and properties by turns, outermost first."""

        path: Sequence[object]


class Trail:
    """Relationships one after another, from the rows of a query on. Equal trails are one object."""

    __slots__ = ("_children", "hop", "length", "parent")

    def __init__(self, parent: Trail | None = None, hop: tuple[type, Relationship] | None = None) -> None:
        self.parent = parent
        self.hop = hop
        self.length: int = 0 if parent is None else parent.length + 1
        self._children: dict[tuple[type, Relationship], Trail] = {}

    def child(self, entity: type, relationship: Relationship) -> Trail:
        """Return the trail that goes on with a relationship of a class of rows."""
        hop = entity, relationship
        found = self._children.get(hop)
        if found is None:
            found = self._children[hop] = Trail(self, hop)
        return found

    def hops(self) -> list[tuple[type, Relationship]]:
        """Return them, outermost first."""
        found = []
        trail: Trail | None = self
        while trail is not None and trail.hop is not None:
            found.append(trail.hop)
            trail = trail.parent
        return found[::-1]


class Root:
    """One run of a query, or the birth of an object that no query has loaded.

    `places` are those that made it, innermost first. `rows` counts the rows that it gave by what led to them, and by
    their class.
    """

    __slots__ = ("entities", "kind", "places", "rows")

    def __init__(self, kind: str, places: tuple[int, ...], entities: tuple[type, ...]) -> None:
        self.kind = kind
        self.places = places
        self.entities = entities
        self.rows: dict[tuple[Trail, type], int] = {}

    def count(self, trail: Trail, row: type) -> None:
        """Take in that a row came over a trail."""
        self.rows[trail, row] = self.rows.get((trail, row), 0) + 1

    def parents(self, trail: Trail, kind: type) -> int:
        """Return how many rows of a class, or of those below it, came over a trail so far, at least one."""
        rows = list(self.rows.items())
        return sum(number for (over, row), number in rows if over is trail and issubclass(row, kind)) or 1

    def entity(self, row: type) -> type:
        """Return the entity that was asked for where a class of rows came."""
        return next((one for one in self.entities if issubclass(row, one)), self.entities[0])


class Source:
    """Where a row came from."""

    __slots__ = ("root", "trail")

    def __init__(self, root: Root, trail: Trail) -> None:
        self.root = root
        self.trail = trail


class Journey:
    """What an Origin carries: the source of the rows that a statement is sent for.

    Of the path by which SQLAlchemy knows them the first `skipped` relationships are in the source's trail already.
    """

    __slots__ = ("_sources", "root", "skipped", "trail")

    def __init__(self, root: Root, trail: Trail, skipped: int) -> None:
        self.root = root
        self.trail = trail
        self.skipped = skipped
        self._sources: dict[int, tuple[Path, Source]] = {}

    def source(self, path: Path) -> Source:
        """Return the source of rows that came over `path`."""
        known = self._sources.get(id(path))
        if known is None:
            trail = self.trail
            for entity, relationship in hops_of(path)[self.skipped :]:
                trail = trail.child(entity, relationship)
            known = self._sources[id(path)] = path, Source(self.root, trail)  # the path keeps its id
        return known[1]


def hops_of(path: Path) -> list[tuple[type, Relationship]]:
    """Return the relationships of a path, with the entities that have them."""
    return list(_hops(path.path))


def _hops(path: Sequence[object]) -> Iterator[tuple[type, Relationship]]:
    for entity, prop in zip(path, path[1:]):  # noqa: B905, RUF007 - Python 3.8 knows neither
        if hasattr(prop, "uselist") and hasattr(prop, "mapper") and hasattr(entity, "mapper"):
            yield entity.mapper.class_, prop  # type: ignore[misc] # by its looks it is one


def name_of(kind: type) -> str:
    """Return the qualified name of a class."""
    return f"{kind.__module__}.{kind.__qualname__}"
