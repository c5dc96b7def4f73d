"""What is done to a file: operations, each at the first token of what it replaces, as plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

At = tuple[int, int]


class Rename(NamedTuple):
    """`mock.MagicMock(…)` → `mock.AsyncMock(…)`. Key: the callee's last name.

    `answer`, if given, is added as `return_value` where the call has none.
    """

    name: str
    answer: str = ""


class Value(NamedTuple):
    """A whole expression becomes another text: `MagicMock` → `AsyncMock`, `AsyncMock` → `AsyncMock()`. Key: its start.

    `old` is how it is written.
    """

    text: str
    old: str


class Assign(NamedTuple):
    """`svc.m.return_value = V` → `svc.m = AsyncMock(return_value=V)`. Key: the statement."""

    name: str


class Deepen(NamedTuple):
    """`m.rows.return_value = V` → `m.rows.return_value.__aiter__.return_value = V`. Key: the statement."""

    steps: str


class Insert(NamedTuple):
    """A line before a statement. Key: the statement."""

    text: str


class Entry(NamedTuple):
    """`"m.return_value": V` → `"m": AsyncMock(return_value=V)`. Key: the entry's key."""

    name: str


class Lambda(NamedTuple):
    """`lambda *a: V` → `AsyncMock(return_value=V)`; `as_result`: the body alone becomes the value. Key: the lambda."""

    name: str
    as_result: bool


class Keyword(NamedTuple):
    """One more argument: `patch("m.f")` → `patch("m.f", new_callable=AsyncMock)`. Key: the callee's last name."""

    name: str
    value: str


class Answer(NamedTuple):
    """`f.return_value = future` → `f.side_effect = E`. Key: the statement."""

    attr: str
    text: str


class Remove(NamedTuple):
    """A statement goes. Key: the statement."""


Act = Rename | Value | Assign | Deepen | Insert | Entry | Lambda | Keyword | Answer | Remove
_KINDS: Mapping[str, type[Act]] = {
    kind.__name__: kind for kind in (Rename, Value, Assign, Deepen, Insert, Entry, Lambda, Keyword, Answer, Remove)
}


class Operation(NamedTuple):
    """One edit; those of one `group` make one Change. `imports` are (module, name, beside), `drops` (module, name)."""

    at: At
    act: Act
    title: str
    why: str
    imports: tuple[tuple[str, str, str], ...] = ()
    drops: tuple[tuple[str, str], ...] = ()
    group: str = ""


def as_data(operations: Sequence[Operation]) -> object:
    """Return operations as data that a worker can be sent."""
    return [
        (op.at, type(op.act).__name__, tuple(op.act), op.title, op.why, op.imports, op.drops, op.group)
        for op in operations
    ]


def from_data(data: object) -> tuple[Operation, ...]:
    """Read operations back."""
    rows = cast("Sequence[Any]", data)
    return tuple(
        Operation(at, _KINDS[kind](*fields), title, why, imports, drops, group)
        for at, kind, fields, title, why, imports, drops, group in rows
    )
