"""What each test made SQLAlchemy load lazily: which relationship, of the rows of which query, and read where.

    {"event": "loads", "id": test, "rows": [load, …]}
    {"event": "eager", "id": test, "rows": [[query, count], …]}
    {"event": "queries", "rows": [[place, [entity, …]], …]}
    {"event": "untraced", "message": what kept the plugin from following the ORM}

A load is `hops`, each [entity, attribute, declared_in, target, is_collection]; `query`, null or `kind`, `entity` and
`makers`, places from the one that made it outwards; `access` and `birth`, each a place or null; `count`, `parents`,
`failure` and `is_column`, with the meaning of `greenmod.facts.evidence.loads.LazyLoad`. For places see
`greenmod_frames`. `eager` counts the statements that were sent along with a query to load relationships at once, as
`selectinload` has it. `queries` says which entities were asked for at a place: some places serve many.
What is loaded while a test is set up, called or torn down is that test's. A test that is run again says so again, and
what it said last counts. Only what reading, setting or deleting an attribute loads is told: flushes and cascades load
what no option of a query could save.

Nothing here may be felt by the application: what goes wrong here is said once, and the application goes on. It runs in
the project's interpreter: Python 3.8, pytest 6 and the standard library must do.
"""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

import pytest
from greenmod_frames import Frames
from greenmod_orm import Orm
from greenmod_queries import name_of
from greenmod_statements import guarded
from greenmod_watch import watch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from greenmod_pytest import Log
    from greenmod_queries import Relationship, Root, Trail

    # What led there, the places and the kind of the query, the place of the access, the failure, the column.
    Key = tuple[Trail, "tuple[int, ...]", str, "int | None", str, "str | None"]


class Load:
    """One lazy load of a test, as often as it was seen. `roots` are the runs of the query that gave its parents."""

    __slots__ = ("count", "roots")

    def __init__(self) -> None:
        self.count = 0
        self.roots: dict[int, Root] = {}


class Loads:
    """Gathers what belongs to the test that runs, and says it when the test ends."""

    def __init__(self, log: Log, tree: str) -> None:
        self._say = log.say
        self._frames = Frames(tree)
        self._orm = Orm(self._frames, self)
        self._attempt: dict[Key, Load] | None = None
        self._eager: dict[tuple[tuple[int, ...], tuple[type, ...]], tuple[int, Root]] = {}
        self._tests: set[str] = set()
        self._stumbled: set[str] = set()
        self._served: set[tuple[tuple[int, ...], tuple[type, ...]]] = set()
        self._told_served: set[tuple[tuple[int, ...], tuple[type, ...]]] = set()
        self._lock = Lock()

    def follow(self) -> None:
        """Follow the ORM from now on. Mappers that were configured before don't tell of what could not be loaded."""
        watch("sqlalchemy.orm", guarded(self._orm.follow, self.stumble))

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_setup(self) -> Iterator[None]:
        self._attempt, self._eager = {}, {}
        yield

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Iterator[None]:
        yield
        attempt, self._attempt = self._attempt, None
        if attempt is not None:
            guarded(self._tell, self.stumble)(item.nodeid, attempt)

    def note(self, key: Key, root: Root) -> None:
        """Take in a lazy load of a row that came from `root`."""
        attempt = self._attempt
        if attempt is not None:
            with self._lock:
                load = attempt.get(key)
                if load is None:
                    load = attempt[key] = Load()
                load.count += 1
                load.roots[id(root)] = root

    def forget(self, key: Key) -> None:
        """Take one back."""
        attempt = self._attempt
        if attempt is not None and key in attempt:
            with self._lock:
                attempt[key].count -= 1

    def note_eager(self, root: Root) -> None:
        """Take in a statement that was sent along with a query."""
        with self._lock:
            key = root.places, root.entities
            self._eager[key] = self._eager.get(key, (0, root))[0] + 1, root

    def serve(self, places: tuple[int, ...], entities: tuple[type, ...]) -> None:
        """Take in that a query for some entities was made at places."""
        with self._lock:
            self._served.add((places, entities))

    def stumble(self, message: str) -> None:
        """Say once what went wrong."""
        if message not in self._stumbled:
            self._stumbled.add(message)
            self._say("untraced", message=message)

    def _tell(self, test: str, attempt: dict[Key, Load]) -> None:
        with self._lock:
            served, found = self._served - self._told_served, list(attempt.items())
            self._told_served |= served
        pairs = {(place, entities) for places, entities in served for place in places}
        if pairs:
            rows = [[self._frames.row(place), list(map(name_of, entities))] for place, entities in pairs]
            self._say("queries", rows=sorted(rows, key=str))
        rows_of_test = [self._row(key, load) for key, load in found if load.count]
        if rows_of_test or test in self._tests:  # an earlier attempt may have said more
            self._tests.add(test)
            self._say("loads", id=test, rows=rows_of_test)
        counted = ((self._query(root, root.entities[0]), count) for count, root in list(self._eager.values()))
        eager = [[query, count] for query, count in counted if query is not None]
        if eager or test in self._tests:
            self._tests.add(test)
            self._say("eager", id=test, rows=eager)

    def _row(self, key: Key, load: Load) -> dict[str, object]:
        trail, _, _, access, failure, column = key
        roots = list(load.roots.values())
        passed = trail.hops()
        hops = [_hop(entity, relationship) for entity, relationship in passed]
        over = trail
        parent: type = object
        if column is not None:
            owner, attribute = column.split(" ")
            hops.append([owner, attribute, owner, "", False])
        elif trail.parent is not None and trail.hop is not None:
            over, parent = trail.parent, trail.hop[1].parent.class_
        root = roots[0]  # all of them were made at the same places
        is_birth = root.kind == "birth"
        return {
            "hops": hops,
            "query": None if is_birth else self._query(root, passed[0][0] if passed else root.entities[0]),
            "access": None if access is None else self._frames.row(access),
            "count": load.count,
            "parents": max(one.parents(over, parent) for one in roots),
            "failure": failure,
            "birth": self._frames.row(root.places[0]) if is_birth and root.places else None,
            "is_column": column is not None,
        }

    def _query(self, root: Root, row: type) -> dict[str, object] | None:
        """Return what is told of the query that gave rows of a class."""
        if not root.places:
            return None
        makers = [self._frames.row(place) for place in root.places]
        return {"kind": root.kind, "entity": name_of(root.entity(row)), "makers": makers}


def _hop(entity: type, relationship: Relationship) -> list[object]:
    declared_in, target = relationship.parent.class_, relationship.mapper.class_
    return [name_of(entity), relationship.key, name_of(declared_in), name_of(target), bool(relationship.uselist)]
