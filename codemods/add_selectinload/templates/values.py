"""What an expression of a template may be: alternatives, each a term or something made of other values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from jinja2 import nodes

from ..flows.terms import EACH

_ALTERNATIVES = 4


@dataclass(frozen=True, slots=True)
class Listed:
    """A list that was made of something for each of several: of a relationship, say, or of parts of a list."""

    item: Value


@dataclass(frozen=True, slots=True)
class Packed:
    """A tuple, and what its items are also called."""

    items: tuple[Value, ...]
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Macro:
    """A macro, or the body of a `{% call %}`, with what names stood for at its place in the template `path`."""

    node: nodes.Macro | nodes.CallBlock
    path: str
    names: Mapping[str, Value] = field(compare=False, hash=False)
    has_context: bool = True


@dataclass(frozen=True, slots=True)
class Module:
    """A template that was imported as a whole."""

    path: str
    names: Mapping[str, Value] = field(compare=False, hash=False)


Value = tuple[str | Listed | Packed | Macro | Module, ...]
NOTHING: Value = ()


def either(values: Iterable[Value]) -> Value:
    """Return what is one of several values; nothing where there are too many of them."""
    found = tuple(dict.fromkeys(one for value in values for one in value))
    return found if len(found) <= _ALTERNATIVES else NOTHING


def each(value: Value) -> Value:
    """Return what a loop over a value gives."""
    found: list[Value] = []
    for one in value:
        if isinstance(one, str):
            found.append((one + EACH,))
        elif isinstance(one, Listed):
            found.append(one.item)
    return either(found)


def at(value: Value, index: int | None) -> Value:
    """Return the item at a place; at one that isn't known without an index."""
    found: list[Value] = []
    for one in value:
        if isinstance(one, str):
            found.append((f"{one}[{'?' if index is None else index}]",))
        elif isinstance(one, Listed):
            found.append(one.item)
        elif isinstance(one, Packed) and index is not None and -len(one.items) <= index < len(one.items):
            found.append(one.items[index])
    return either(found)


def terms(value: Value) -> tuple[str, ...]:
    """Return the terms of which a value is made, of a list that of its items' source."""
    found: list[str] = []
    for one in value:
        if isinstance(one, str):
            found.append(one)
        elif isinstance(one, Listed):
            found += (term.rpartition(EACH)[0] or term for term in terms(one.item))
        elif isinstance(one, Packed):
            found += (term for item in one.items for term in terms(item))
    return tuple(found)
