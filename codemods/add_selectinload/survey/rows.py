"""What the survey remembers of a file: class bodies, assignments and decorated functions, as plain data.

Expressions are source text, cut out of the file as they stand there; nothing is resolved. Lines count from 1.
Everything survives JSON.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

Path = tuple[str, ...]


class Value(NamedTuple):
    """What a name is set to: a call, or an expression as `text`. `callee` is dotted, and empty for what is no call."""

    callee: str = ""
    args: tuple[str, ...] = ()
    keywords: tuple[tuple[str, str], ...] = ()
    text: str = ""

    @property
    def named(self) -> Mapping[str, str]:
        """The keywords, and `**` for what comes by unpacking."""
        return dict(self.keywords)


class Member(NamedTuple):
    """A name that a class body annotates or sets; without an annotation that is an empty text."""

    name: str
    line: int
    annotation: str
    value: Value | None


class Function(NamedTuple):
    """A function. `gives` is what its only `return` returns, if there is one that calls or names something.

    `reads` are the attribute paths that a method of what may be a model reads from `self`: `self.books[0].author` is
    `("books", "author")`, and so is a loop over `self.books` that reads `author`. `reads_second` are those that a
    validator of a whole schema reads from what it validates.
    """

    qualname: str
    line: int
    is_async: bool
    decorators: tuple[Value, ...]
    returns: str
    gives: Value | None
    reads: tuple[Path, ...] = ()
    reads_second: tuple[Path, ...] = ()

    @property
    def name(self) -> str:
        return self.qualname.rpartition(".")[2]


class Class(NamedTuple):
    """A class statement. `members` and `functions` are in order, those under an `if` or a `try` with them."""

    qualname: str
    line: int
    bases: tuple[str, ...]
    keywords: tuple[tuple[str, str], ...]
    decorators: tuple[str, ...]
    members: tuple[Member, ...]
    functions: tuple[Function, ...]

    @property
    def name(self) -> str:
        return self.qualname.rpartition(".")[2]


class Assigned(NamedTuple):
    """`name = value` of a module; `owner.name = value` where an owner is given (`Author.books = relationship(…)`)."""

    owner: str
    name: str
    line: int
    value: Value


class Imperative(NamedTuple):
    """A class that a call maps: `registry.map_imperatively(Author, table)`. `scope` is where the call stands."""

    owner: str
    line: int
    scope: str


class Rows(NamedTuple):
    """Everything of one file. `functions` are those outside of classes that have decorators or make relationships."""

    classes: tuple[Class, ...]
    functions: tuple[Function, ...]
    assigned: tuple[Assigned, ...]
    imperative: tuple[Imperative, ...]


def as_data(rows: Rows) -> object:
    """Return rows as JSON takes them."""
    return rows


def from_data(data: object) -> Rows:
    """Read rows back from JSON."""
    classes, functions, assigned, imperative = cast("Sequence[Any]", data)
    return Rows(
        tuple(map(_class, classes)),
        tuple(map(_function, functions)),
        tuple(Assigned(owner, name, line, _value(value)) for owner, name, line, value in assigned),
        tuple(Imperative(*each) for each in imperative),
    )


def _class(row: Sequence[Any]) -> Class:
    qualname, line, bases, keywords, decorators, members, functions = row
    return Class(
        qualname,
        line,
        tuple(bases),
        _pairs(keywords),
        tuple(decorators),
        tuple(Member(name, at, annotation, value and _value(value)) for name, at, annotation, value in members),
        tuple(map(_function, functions)),
    )


def _function(row: Sequence[Any]) -> Function:
    qualname, line, is_async, decorators, returns, gives, reads, reads_second = row
    return Function(
        qualname,
        line,
        is_async,
        tuple(map(_value, decorators)),
        returns,
        gives and _value(gives),
        tuple(map(tuple, reads)),
        tuple(map(tuple, reads_second)),
    )


def _value(row: Sequence[Any]) -> Value:
    callee, args, keywords, text = row
    return Value(callee, tuple(args), _pairs(keywords), text)


def _pairs(rows: Sequence[Sequence[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, text) for name, text in rows)
