"""What the survey remembers of a file: for each function a small program of calls and assignments, as plain data.

A *term* says where a value came from, as text: a root, then steps.

    svc.get()       the name `svc` (a parameter, or bound outside of the function), its attribute `get`, called
    #3.m            the attribute `m` of what call number 3 of this function gave
    =2              literal number 2;   \\1  lambda number 1;   ?  nobody knows
    a|b             one or the other

Steps are `.name`, `()` (called), and `[]` (an item, or what a loop takes from it). `await` leaves no step: the call
says that it was awaited. What `with x as y` binds is `x.__enter__()`, for `async with` `x.__aenter__()`.
Lines count from 1, columns in UTF-8 bytes. Everything survives JSON.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

At = tuple[int, int]


class Literal(NamedTuple):
    """A literal: its kind (`str`, `none`, `list`, `raise`, …), its text if it is a short string, and what is in it.

    `keys` are the texts of a dictionary's keys, `items` the terms of its values, or of a list's elements; `places` is
    where the items begin.
    """

    kind: str
    text: str = ""
    items: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    places: tuple[At, ...] = ()
    at: At = (0, 0)


class Lambda(NamedTuple):
    """A lambda: its parameters, the term of its body, and whether the body looks at the parameters.

    `is_constant`: the body is made of literals and of `names`.
    """

    parameters: tuple[str, ...]
    body: str
    uses_parameters: bool
    at: At
    is_constant: bool
    names: tuple[str, ...]


class Call(NamedTuple):
    """A call. `at` is the last name of its callee, `start` where the whole call begins, `tag` what mock makes of it.

    `hows` says, separated by commas, what became of the result: `await`, `async with`, `async for`, `with`, `for`,
    `return`, `yield`, `statement`, `assigned`, `argument`, `chained`, `scheduled`, `compared`, `inspected`, `stored`,
    `other`. `where` has a letter for each kind of block around it: `b` a branch, `l` a loop, `f` a lambda,
    `d` a decorator; `w` a `with` that expects an exception. `anchor` is as in a Store. `spots` says where the arguments
    and then the keywords' values begin, if there is a tag.
    """

    callee: str
    args: tuple[str, ...]
    keywords: tuple[tuple[str, str], ...]
    at: At
    start: At
    hows: str
    tag: str
    where: str
    seq: int
    anchor: At
    spots: tuple[At, ...] = ()

    @property
    def arguments(self) -> tuple[tuple[int | str, str], ...]:
        """The terms of all arguments, each under its position or its keyword."""
        return (*enumerate(self.args), *self.keywords)


class Store(NamedTuple):
    """`base.attr = value`, or `base[key] = value` where `attr` is `[]`. `at` is where the statement begins.

    `is_alone`: the statement is this one assignment and nothing else; `text` is how its base is written. `anchor` is
    the statement that holds it in the nearest block that runs exactly once.
    """

    base: str
    attr: str
    value: str
    at: At
    where: str
    seq: int
    is_alone: bool
    anchor: At
    text: str = ""
    key: str = ""


class Touch(NamedTuple):
    """Something else than a call is awaited, entered, looped over, compared by identity, or asked whether it can be."""

    term: str
    how: str
    line: int


class Parameter(NamedTuple):
    name: str
    annotation: str
    default: str


class Body(NamedTuple):
    """A function, a class body, or the module (whose name is empty).

    The `parameters` of a class are its annotated names. `bindings` holds every name that it binds, with all that it may
    be bound to; `first` is where its first statement begins, after a docstring; `anchors` are the statements that run
    exactly once, in order.
    """

    qualname: str
    kind: str
    line: int
    is_async: bool
    is_generator: bool
    parameters: tuple[Parameter, ...]
    decorators: tuple[str, ...]
    calls: tuple[Call, ...]
    stores: tuple[Store, ...]
    touches: tuple[Touch, ...]
    returned: tuple[str, ...]
    bindings: Mapping[str, str]
    literals: tuple[Literal, ...]
    lambdas: tuple[Lambda, ...]
    first: At
    anchors: tuple[At, ...]

    def binds(self, name: str) -> bool:
        """Tell whether a name is a parameter, or is bound in the body."""
        return name in self.bindings or any(each.name.lstrip("*") == name for each in self.parameters)


class Rows(NamedTuple):
    """Everything of one file. `has_mocks`: it makes mocks; `ignored` are the lines whose comment says to leave them."""

    has_mocks: bool
    bodies: tuple[Body, ...]
    ignored: tuple[int, ...]


def as_data(rows: Rows) -> object:
    """Return rows as JSON takes them."""
    return rows


def from_data(data: object) -> Rows:
    """Read rows back from JSON."""
    has_mocks, bodies, ignored = cast("Sequence[Any]", data)
    return Rows(has_mocks, tuple(map(_body, bodies)), tuple(ignored))


def _body(row: Sequence[Any]) -> Body:
    qualname, kind, line, is_async, is_generator = row[:5]
    return Body(
        qualname,
        kind,
        line,
        is_async,
        is_generator,
        tuple(Parameter(*each) for each in row[5]),
        tuple(row[6]),
        tuple(map(_call, row[7])),
        tuple(_store(each) for each in row[8]),
        tuple(Touch(*each) for each in row[9]),
        tuple(row[10]),
        row[11],
        tuple(map(_literal, row[12])),
        tuple(Lambda(tuple(each[0]), each[1], each[2], tuple(each[3]), each[4], tuple(each[5])) for each in row[13]),
        tuple(row[14]),
        tuple((line, column) for line, column in row[15]),
    )


def _call(row: Sequence[Any]) -> Call:
    callee, args, keywords, at, start, hows, tag, where, seq, anchor, spots = row
    return Call(
        callee,
        tuple(args),
        tuple((name, term) for name, term in keywords),
        tuple(at),
        tuple(start),
        hows,
        tag,
        where,
        seq,
        tuple(anchor),
        tuple((line, column) for line, column in spots),
    )


def _store(row: Sequence[Any]) -> Store:
    base, attr, value, at, where, seq, is_alone, anchor, text, key = row
    return Store(base, attr, value, tuple(at), where, seq, is_alone, tuple(anchor), text, key)


def _literal(row: Sequence[Any]) -> Literal:
    kind, text, items, keys, places, at = row
    return Literal(kind, text, tuple(items), tuple(keys), tuple((line, column) for line, column in places), tuple(at))
