"""What a Pydantic model reads of the rows that it is made from: its fields, by name or alias, and theirs in turn."""

from __future__ import annotations

from collections.abc import Callable

from ..models.models import Models
from ..models.nouns import Schema
from . import methods
from .states import Shape, State

_DEPTH = 6
# Notes that an attribute of a row is read; returns what it leads to.
Want = Callable[[State, str, str, str], State | None]
_LISTS = frozenset({Shape.ROWS, Shape.PAGE, Shape.QUERY})


def read(models: Models, want: Want, state: State, schema: Schema, where: str, depth: int = 0) -> None:
    """Note what a schema reads of a row, of each of several, or of those that a dictionary holds for its fields."""
    if state.shape is Shape.MAPPED and depth <= _DEPTH:
        for key, held in zip(state.keys, state.items, strict=True):
            field = schema.fields.get(key)
            for below in filter(None, map(models.schema, field.schemas if field is not None else ())):
                for one in held:
                    read(models, want, one, below, where, depth + 1)
        return
    row = methods.each(state) if state.shape in _LISTS else state
    if row is None or row.shape is not Shape.ROW or depth > _DEPTH:
        return
    entity = models.entity(row.entity)
    if entity is None:
        return
    for field in schema.fields.values():
        name = next((name for name in field.reads if name in entity.relationships or name in entity.reads), None)
        if name is None:
            continue
        found = want(row, name, where, f"`{schema.name.rpartition('.')[2]}.{field.name}` reads")
        for each in field.schemas if found is not None else ():
            inner = models.schema(each)
            if inner is not None and found is not None:
                read(models, want, found, inner, where, depth + 1)
    for path in schema.reads:
        if path:
            want(row, path[0], where, f"a validator of `{schema.name.rpartition('.')[2]}` reads")
