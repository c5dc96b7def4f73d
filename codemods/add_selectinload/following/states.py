"""What a value is, as far as rows of queries go."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from ..flows.rows import At
from .creations import Made


class Shape(str, Enum):
    """The forms in which rows come."""

    STATEMENT = "statement"  # a `select()` that nobody has executed
    QUERY = "query"  # a legacy `Query`, which is executed when it is looped over
    RESULT = "result"  # what `execute()` gives: tuples of entities, once
    TUPLES = "tuples"  # a list of those
    TUPLE = "tuple"
    ROWS = "rows"  # entities, one after another
    ROW = "row"  # one entity
    PAGE = "page"  # some entities with what a pager needs
    PACKED = "packed"  # a tuple or list that is written out
    ZIPPED = "zipped"  # what gives a tuple of one item each
    MAPPED = "mapped"  # a dictionary that is written out
    KEYED = "keyed"  # a dictionary of rows by something of theirs
    COLUMN = "column"  # a column of each of several rows

    __hash__ = str.__hash__


class Slot(NamedTuple):
    """An entity that a query asks for. `text` is how the query writes it, `entity` its qualified name."""

    text: str
    entity: str


class Root(NamedTuple):
    """The call, or the attribute `Model.query`, that begins a query.

    `kind` is `select`, `query`, `attribute` or `get`. A slot is None for what is no whole entity.
    """

    path: str
    scope: str
    start: At
    end: At
    kind: str
    slots: tuple[Slot | None, ...]


class OptionsCall(NamedTuple):
    """A call of `.options(…)`, or the `options=` of a `get`, by the texts of its arguments."""

    path: str
    start: At
    end: At
    texts: tuple[str, ...]


class State(NamedTuple):
    """A value. `entity` is the class of its rows, `hops` the relationships that led there from the root's slot.

    `is_many`: the row, or what holds the rows, is one of several that a run of the query gives. `is_async`: the query
    was awaited; `is_passed`: another function handed it over. `filters` are the texts of its conditions. `items` are
    the parts of what was put together, with `keys` those of a dictionary. No query gave an object that was `made`.
    """

    shape: Shape
    root: Root | None = None
    slot: int = 0
    entity: str = ""
    hops: tuple[str, ...] = ()
    options: tuple[OptionsCall, ...] = ()
    is_many: bool = False
    is_async: bool = False
    is_passed: bool = False
    filters: tuple[str, ...] = ()
    items: tuple[tuple[State, ...], ...] = ()
    keys: tuple[str, ...] = ()
    made: Made | None = None


class Evidence(str, Enum):
    """What says that a relationship is read."""

    OWN = "own"  # the function that makes the query
    RETURNED = "returned"  # one that gets the rows from it
    PASSED = "passed"  # one that it hands the rows to
    SCHEMA = "schema"  # a model that is made from the rows
    TEMPLATE = "template"  # one that is rendered with the rows
    TEST = "test"  # a test was seen to load it

    __hash__ = str.__hash__


class Want(NamedTuple):
    """A relationship that is read: the last of `hops`, of a row that the others led to. `where` is `path:line`.

    `is_conditional`: not of every row; what another attribute of the row says decides.
    """

    root: Root
    slot: int
    hops: tuple[str, ...]
    options: tuple[OptionsCall, ...]
    is_many: bool
    is_async: bool
    is_conditional: bool
    filters: tuple[str, ...]
    evidence: Evidence
    where: str
    how: str

    @property
    def of(self) -> Slot:
        """The entity of whose rows it is wanted."""
        slot = self.root.slots[self.slot]
        assert slot is not None
        return slot
