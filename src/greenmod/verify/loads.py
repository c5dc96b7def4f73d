"""The plugin's lines about lazy loads, folded into LazyLoads: a query is credited to the call that is its own.

A place that makes queries for several entities, such as a repository's base class or a project's wrapper, is not where
an option belongs: then it is the first of its callers that is there for one. Nothing here reads a file.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from greenmod.facts.evidence.loads import Hop, LazyLoad, QuerySite
from greenmod.facts.evidence.observation import Frame

# A place as the plugin tells it; see `greenmod_frames`.
Row = Sequence[Any]


class Lazy:
    """Grows line by line while a record is read; which places serve many is known when all were."""

    def __init__(self) -> None:
        self._rows: dict[str, Sequence[Mapping[str, Any]]] = {}
        self._eager: dict[str, Sequence[Sequence[Any]]] = {}
        self._served: dict[Frame, set[tuple[str, ...]]] = defaultdict(set)

    def take(self, test: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Take in what a test loaded; of one that was run again, what it said last counts."""
        self._rows[test] = rows

    def take_eager(self, test: str, rows: Sequence[Sequence[Any]]) -> None:
        """Take in how many statements were sent along with queries of a test."""
        self._eager[test] = rows

    def serve(self, rows: Iterable[Sequence[Any]]) -> None:
        """Take in which entities were asked for at which places."""
        for place, entities in rows:
            self._served[_frame(place)].add(tuple(entities))

    def loads(self) -> dict[str, tuple[LazyLoad, ...]]:
        """Return what each test loaded, sorted."""
        return {
            test: tuple(sorted((self._load(test, row) for row in rows), key=_place))
            for test, rows in self._rows.items()
        }

    def eager(self) -> dict[str, tuple[tuple[QuerySite, int], ...]]:
        """Return for each test the queries that sent more statements to load relationships at once, and how many."""
        return {test: tuple((self._query(query), count) for query, count in rows) for test, rows in self._eager.items()}

    def _load(self, test: str, row: Mapping[str, Any]) -> LazyLoad:
        return LazyLoad(
            test=test,
            hops=tuple(Hop(*hop) for hop in row["hops"]),
            query=None if row["query"] is None else self._query(row["query"]),
            access=None if row["access"] is None else _frame(row["access"]),
            count=row["count"],
            parents=row["parents"],
            failure=row["failure"],
            birth=None if row["birth"] is None else _frame(row["birth"]),
            is_column=row["is_column"],
        )

    def _query(self, row: Mapping[str, Any]) -> QuerySite:
        makers = [_frame(place) for place in row["makers"]]
        made, kind, via = makers[0], row["kind"], None
        if len(self._served[made]) > 1:
            own = next((caller for caller in makers[1:] if len(self._served[caller]) == 1), None)
            made, kind, via = (made, "generic", None) if own is None else (own, "wrapper", made)
        return QuerySite(
            path=made.path,
            line=made.line,
            column=made.column,
            end_line=made.end_line,
            end_column=made.end_column,
            kind=kind,
            entity=row["entity"],
            function=made.function,
            via=via,
        )


def _frame(row: Row) -> Frame:
    path, line, function, column, end_line, end_column = row
    return Frame(path, line, function, column, end_line, end_column)


def _place(load: LazyLoad) -> tuple[object, ...]:
    return tuple((frame.path, frame.line, frame.column or 0) for frame in load.frames), load.path, load.failure
