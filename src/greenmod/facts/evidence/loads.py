"""What tests made SQLAlchemy load lazily, as plain frozen data: over which path from which query, and read where.

Nothing here reads the file system. Paths, lines and columns are those of `Frame`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from greenmod.facts.evidence.observation import Frame


@dataclass(frozen=True, slots=True, order=True)
class Hop:
    """A relationship on the way. Classes are mapped ones, by qualified name (`app.models.Author`).

    `entity` is that of the row which held it, `declared_in` that which declares it, `target` that which it leads to;
    the latter is empty where `attribute` is a column.
    """

    entity: str
    attribute: str
    declared_in: str
    target: str
    is_collection: bool


@dataclass(frozen=True, slots=True)
class QuerySite:
    """The call that made a query, in its exact range; of one over several lines it may begin at the method's name.

    Python before 3.11 knows the line alone. `kind` is "select", "query" (`session.query(X)`, `X.query`), "get"
    (`session.get(X, id)`) or "execute", the call that sent it, where nothing of the repository made it before. It is
    "wrapper" where `via` is a place that makes queries for many entities, and this is the first call on the way to it
    that is for one of them; "generic" where there is no such call, and this is that place; "library" where a library
    made it for this call. `entity` is the root entity, by qualified name.
    """

    path: str
    line: int
    column: int | None
    end_line: int | None
    end_column: int | None
    kind: str
    entity: str
    function: str
    via: Frame | None = None

    @property
    def frame(self) -> Frame:
        return Frame(self.path, self.line, self.function, self.column, self.end_line, self.end_column)

    def at(self, frame: Frame) -> QuerySite:
        """Return it at another place."""
        return replace(
            self,
            path=frame.path,
            line=frame.line,
            column=frame.column,
            end_line=frame.end_line,
            end_column=frame.end_column,
        )


@dataclass(frozen=True, slots=True)
class LazyLoad:
    """What one test loaded lazily over one path, at one place, of the rows of one query.

    `hops` lead from the query's root entity to the attribute that was loaded. `access` is the innermost line of the
    repository's own files that read it, of a template in Jinja; None where a library did by itself. `count` are the
    statements that were sent, or the `failure`s: "MissingGreenlet", "raise" or "DetachedInstanceError", empty where it
    could be loaded. `parents` is how many rows of the last hop's entity one run of the query gave at most: with one
    there is nothing to save. `birth` is where the parent became a row, if no query has loaded it since. With
    `is_column` an expired or deferred column was loaded, which no loader of relationships helps. `round` says with how
    many rounds of changes it was seen.
    """

    test: str
    hops: tuple[Hop, ...]
    query: QuerySite | None
    access: Frame | None
    count: int
    parents: int
    failure: str = ""
    birth: Frame | None = None
    is_column: bool = False
    round: int = 0

    @property
    def frames(self) -> Iterator[Frame]:
        """The places that it speaks of."""
        if self.query is not None:
            yield self.query.frame
            if self.query.via is not None:
                yield self.query.via
        if self.access is not None:
            yield self.access
        if self.birth is not None:
            yield self.birth

    @property
    def path(self) -> str:
        """The hops for people: `Author.books → Book.reviews`."""
        return " → ".join(f"{hop.entity.rpartition('.')[2]}.{hop.attribute}" for hop in self.hops)
