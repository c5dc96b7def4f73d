"""TOML as data, and where in its text a value stands, so that an edit is an insertion and changes nothing else.

tomlkit tells the places and writes nothing: what it writes loses trailing commas, and puts a new key behind the
comments that head the next table. It is imported where it is needed alone; reading is tomllib's.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from copy import deepcopy
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tomlkit.items import Item, Table

_MARK = "\0"  # no TOML holds it


class Line(NamedTuple):
    """A key of a table with its value: offsets of its first line's start and its last line's end, newline left out."""

    key: str
    start: int
    end: int


class TableText(NamedTuple):
    """The lines of a table. `header` is the offset behind its header's text."""

    header: int
    lines: tuple[Line, ...]


@lru_cache(maxsize=64)  # the same files are read for each folder below them
def load_toml(text: str) -> Mapping[str, object] | None:
    """Return a TOML document as plain data, shared by all who ask; None if it can't be parsed."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


def look_up(document: object, keys: Sequence[str]) -> object:
    """Return the value below `keys`, None if there is none."""
    for key in keys:
        document = document.get(key) if isinstance(document, dict) else None
    return document


def with_value(document: Mapping[str, object], keys: Sequence[str], value: object) -> dict[str, object]:
    """Return a copy of a document in which `keys` lead to `value`; tables on the way are made if they are missing."""
    copy = dict(deepcopy(document))
    *way, last = keys
    table = copy
    for key in way:
        inner = table.setdefault(key, {})
        assert isinstance(inner, dict)
        table = inner
    table[last] = value
    return copy


def find_array(text: str, keys: Sequence[str]) -> tuple[int, int] | None:
    """Return the offsets of the array below `keys`, brackets included. The text must be valid."""
    import tomlkit
    from tomlkit.items import Array

    document = tomlkit.parse(text)
    found = _item(document, keys)
    if not isinstance(found, Array):
        return None
    length = len(found.as_string())
    found.trivia.comment_ws = _MARK + found.trivia.comment_ws
    marks = _marks(text, document.as_string())
    return (marks[0] - length, marks[0]) if marks else None


def find_lines(text: str, keys: Sequence[str]) -> TableText | None:
    """Return the lines of the table below `keys`; None if it has no header of its own. The text must be valid."""
    import tomlkit
    from tomlkit.items import AoT, Table

    document = tomlkit.parse(text)
    found = _item(document, keys)
    if not isinstance(found, Table) or found.is_super_table():
        return None
    items = [(key.key, item) for key, item in found.value.body if key and not isinstance(item, (Table, AoT))]
    found.trivia.trail = _MARK + found.trivia.trail
    for _, item in items:
        item.trivia.indent = _MARK + item.trivia.indent
        item.trivia.trail = _MARK + item.trivia.trail
    header, *marks = _marks(text, document.as_string()) or [0]
    if len(marks) != 2 * len(items):
        return None
    lines = zip((key for key, _ in items), marks[::2], marks[1::2], strict=True)
    return TableText(header, tuple(Line(*line) for line in lines))


def _item(document: Mapping[str, Item | Table], keys: Sequence[str]) -> object:
    found: object = document
    for key in keys:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def _marks(text: str, marked: str) -> list[int]:
    """Return the offsets in `text` of what was marked; nothing if tomlkit would write another text."""
    pieces = marked.split(_MARK)
    if "".join(pieces) != text:
        return []
    offsets: list[int] = []
    for piece in pieces[:-1]:
        offsets.append(len(piece) + (offsets[-1] if offsets else 0))
    return offsets
