"""What the survey remembers of each function: its calls, what it reads and what it returns, as plain data.

A *term* says where a value comes from. It begins with `#3`, the result of the function's call 3, with `@name`, a
parameter, or with a name that the function doesn't bind; steps follow: `.books` an attribute, `[*]` one of its items
while it is looped over, `[0]` the item at a constant place, `[?]` at another, `[with]` what `with` binds, `[==]` what
comparing it gives; in templates, `.all()` what a method gives. Several terms may be joined by `|`; `?` is anything
else. Positions are those of `ast`: lines from 1, columns in UTF-8 bytes from 0. Everything survives JSON.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

At = tuple[int, int]

UNKNOWN = "?"
# Callees of what is written out: their calls stand for a value that was put together from others.
LISTED, PACKED, MAPPED, KEYED = "[]", "()", "{}", "{:}"
# That of an attribute `Model.query`, which begins a query without a call.
QUERIED = ".query"


class Call(NamedTuple):
    """A call, or a value that is written out. `callee` is a term; `keywords` are names, or keys, with terms.

    `texts` are the arguments as they stand in the file, keywords after the positional ones.
    """

    callee: str
    args: tuple[str, ...]
    keywords: tuple[tuple[str, str], ...]
    texts: tuple[str, ...]
    start: At
    end: At
    is_awaited: bool

    @property
    def named(self) -> Mapping[str, str]:
        return dict(self.keywords)

    @property
    def text_of(self) -> Mapping[str, str]:
        """The source text of each keyword's value."""
        return {name: text for (name, _), text in zip(self.keywords, self.texts[len(self.args) :], strict=True)}


class Read(NamedTuple):
    """An attribute that is read, or set if `is_set`: the term ends with it. `seq` calls were made before.

    `is_conditional`: only where an `if` says so that looks at another attribute of the same object, or at a parameter.
    """

    term: str
    line: int
    seq: int
    is_conditional: bool
    is_set: bool


class Parameter(NamedTuple):
    """A parameter with the texts of its annotation and default, empty where it has none."""

    name: str
    annotation: str
    default: str


class Body(NamedTuple):
    """A function, a method, or a module with an empty name. `returned` are terms, `yielded` those of a generator."""

    qualname: str
    line: int
    is_async: bool
    is_method: bool
    parameters: tuple[Parameter, ...]
    calls: tuple[Call, ...]
    reads: tuple[Read, ...]
    returned: tuple[str, ...]
    yielded: tuple[str, ...]


def as_data(bodies: Sequence[Body]) -> object:
    """Return bodies as JSON takes them."""
    return bodies


def from_data(data: object) -> tuple[Body, ...]:
    """Read bodies back from JSON."""
    return tuple(map(_body, cast("Sequence[Any]", data)))


def _body(row: Sequence[Any]) -> Body:
    qualname, line, is_async, is_method, parameters, calls, reads, returned, yielded = row
    return Body(
        qualname,
        line,
        is_async,
        is_method,
        tuple(Parameter(*each) for each in parameters),
        tuple(map(_call, calls)),
        tuple(Read(*each) for each in reads),
        tuple(returned),
        tuple(yielded),
    )


def _call(row: Sequence[Any]) -> Call:
    callee, args, keywords, texts, start, end, is_awaited = row
    pairs = tuple((name, term) for name, term in keywords)
    return Call(callee, tuple(args), pairs, tuple(texts), (start[0], start[1]), (end[0], end[1]), is_awaited)
