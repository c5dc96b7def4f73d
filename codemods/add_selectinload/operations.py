"""What is done in one file, as plain data for the transformer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, cast

from .flows.rows import At


class Extension(NamedTuple):
    """`text` is called on the argument `argument` of the `.options(…)` call, to lead one relationship further."""

    argument: int
    text: str


class Operation(NamedTuple):
    """Loader options for the query that begins at `at`.

    `kind` is that of the root. `ordinal` counts the `.options(…)` calls of the chain from 0 and says which of them the
    options join; without one (-1) they follow the root. `added` are whole options, `extended` longer ones. `imports`
    are module, name, and the name beside which it is imported.
    """

    at: At
    kind: str
    ordinal: int
    added: tuple[str, ...]
    extended: tuple[Extension, ...]
    imports: tuple[tuple[str, str, str], ...]
    title: str
    why: str


def as_data(operations: Sequence[Operation]) -> object:
    """Return operations as data that a worker can be sent, which knows none of these classes yet."""
    return [(*op[:4], [tuple(each) for each in op.extended], *op[5:]) for op in operations]


def from_data(data: object) -> tuple[Operation, ...]:
    """Read operations back."""
    return tuple(map(_operation, cast("Sequence[Any]", data)))


def _operation(row: Sequence[Any]) -> Operation:
    at, kind, ordinal, added, extended, imports, title, why = row
    needs = tuple((module, name, beside) for module, name, beside in imports)
    longer = tuple(Extension(*each) for each in extended)
    return Operation((at[0], at[1]), kind, ordinal, tuple(added), longer, needs, title, why)
