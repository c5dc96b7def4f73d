"""What the survey remembers of a file, as rows that survive JSON.

An expression of interest is a chain of names (`self.client.get`) or a call of one; a chain may also hang on a call:
`#7.json` is the attribute `json` of what the call number 7 returns. Of other callees there is only a word that resolves
to nothing: `Name[]` for `Name[int]()`, else `?`. Lines count from 1, columns in UTF-8 bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast


class Usage(NamedTuple):
    """What becomes of an expression.

    kind        detail, number
    called      the expression is the callee of call `number`
    argument    of call `number`; `detail` is the keyword, or the position as text
    chained     an attribute of the call's result is used
    assigned    to `detail`, a chain; `walrus` likewise
    entered     by the `with` statement `number`; `detail` is the target
    annotation  of `detail`: a parameter, `return`, or a variable
    decorates, inherited, default, returned, yielded, awaited, statement, stored (its attribute is assigned or deleted)
    delegated   a statement is `yield from` it
    other       `detail` names the kind of syntax around
    """

    kind: str
    detail: str = ""
    number: int = -1


class Expr(NamedTuple):
    """A chain that is not called, or a call. `at` is the chain's, or callee's, last name.

    `place` is empty where an `await` could stand in the scope's function: else what is in the way; `asserted:7` is a
    generator expression that is all of the call number 7, of `all` in an assertion. `is_bare` says that an `await`
    needs no parentheses.
    """

    at: tuple[int, int]
    scope: str
    place: str
    chain: str
    usage: Usage
    is_bare: bool = True


class Call(NamedTuple):
    """The arguments of a call: how many have a position, the keywords, and what is to be known of them.

    `star`: there are `*` or `**`. `app` is the chain of the application; `strings` are the literal positional
    arguments, of an f-string its ends, joined by a brace. `body` says what is odd in what is sent.
    """

    expr: Expr
    positional: int
    keywords: tuple[str, ...]
    star: bool
    strings: tuple[str, ...] = ()
    app: str = ""
    body: str = ""


class With(NamedTuple):
    """A `with` statement: its place, how many managers it has, its last line, and whether it expects an exception."""

    at: tuple[int, int]
    items: int
    end: int
    is_async: bool
    in_raises: bool


class Function(NamedTuple):
    """A function. `at` is its name, `line` that of its `def`. `fixture` is empty unless it is one.

    `scope` is a fixture's own, `?` where it isn't a literal; `named` its name if given by `name=`; `parametrized` are
    the parameters that a decorator gives values.
    """

    qualname: str
    line: int
    at: tuple[int, int]
    is_async: bool
    is_generator: bool
    parameters: tuple[str, ...]
    defaults: int
    decorators: tuple[str, ...]
    parametrized: tuple[str, ...]
    requested: tuple[str, ...]
    fixture: str = ""
    scope: str = ""
    named: str = ""
    autouse: bool = False
    has_params: bool = False
    is_odd: bool = False


class Store(NamedTuple):
    """A name or attribute that gets a value: a chain, `#` and the number of a call, `none`, or `other`."""

    scope: str
    target: str
    line: int
    value: str
    is_text: bool = False


class Text(NamedTuple):
    """A string in an annotation: its place, what it says, how it is written, and what it annotates."""

    at: tuple[int, int]
    scope: str
    says: str
    written: str
    of: str


class Rows(NamedTuple):
    """Everything of one file. `calls` and `withs` are keyed by number, as usages and hanging chains name them.

    `marks` are those of `pytestmark`, by scope; `shared` the names that a scope declares `global` or `nonlocal`,
    `ignored` the lines whose comment says to leave them, with the reason.
    """

    exprs: tuple[Expr, ...]
    calls: Mapping[int, Call]
    withs: Mapping[int, With]
    functions: tuple[Function, ...]
    stores: tuple[Store, ...]
    texts: tuple[Text, ...]
    marks: Mapping[str, tuple[str, ...]]
    plugins: tuple[str, ...]
    shared: Mapping[str, tuple[str, ...]]
    ignored: Mapping[int, str]
    first_definition: int


def as_data(rows: Rows) -> object:
    """Return rows as JSON takes them: its objects have no numbers as keys."""
    return (*rows[:1], [*rows.calls.items()], [*rows.withs.items()], *rows[3:])


def from_data(data: object) -> Rows:
    """Read rows back from JSON."""
    fields = cast("Sequence[Any]", data)
    exprs, calls, withs, functions, stores, texts, marks, plugins, shared, ignored, first = fields
    return Rows(
        tuple(map(_expr, exprs)),
        {number: Call(_expr(row[0]), row[1], tuple(row[2]), row[3], tuple(row[4]), *row[5:]) for number, row in calls},
        {number: With(tuple(row[0]), *row[1:]) for number, row in withs},
        tuple(Function(*(_tupled(field) for field in row)) for row in functions),
        tuple(Store(*row) for row in stores),
        tuple(Text(tuple(row[0]), *row[1:]) for row in texts),
        {scope: tuple(names) for scope, names in marks.items()},
        tuple(plugins),
        {scope: tuple(names) for scope, names in shared.items()},
        {int(line): reason for line, reason in ignored.items()},
        first,
    )


def _tupled(field: Any) -> Any:
    return tuple(field) if isinstance(field, list) else field


def _expr(row: Sequence[Any]) -> Expr:
    at, scope, place, chain, usage, is_bare = row
    return Expr((at[0], at[1]), scope, place, chain, Usage(*usage), is_bare)
