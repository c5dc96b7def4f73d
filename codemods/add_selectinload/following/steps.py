"""What an attribute, an item or a loop makes of a state. Pure, over the graph of models."""

from __future__ import annotations

from ..flows.terms import EACH, ENTERED
from ..models.models import Models
from . import methods
from .states import Shape, State

States = tuple[State, ...]
NOTHING: States = ()


def stepped(models: Models, state: State, step: str) -> States:
    """Return what a step of a term leads to."""
    if step == EACH:
        return _each(state)
    if step == ENTERED:  # a generator that yields once gives what it yields
        return some(methods.at(state, None)) if state.shape in (Shape.ROWS, Shape.TUPLES) else (state,)
    if step.startswith("["):
        return _at(state, int(step[1:-1]) if step[1:-1].lstrip("-").isdecimal() else None)
    if step.endswith("()"):
        return some(methods.called(state, step[1:-2]))
    name = step[1:]
    if state.shape is Shape.ROW:
        return some(followed(models, state, name) or _column(models, state, name))
    if state.shape is Shape.PAGE and name == "items":
        return (state._replace(shape=Shape.ROWS),)
    if state.shape is Shape.TUPLE and state.root is not None:
        for number, slot in enumerate(state.root.slots):
            if slot is not None and slot.text.rpartition(".")[2] == name:
                return some(methods.in_slot(state, number))
    return NOTHING


def followed(models: Models, state: State, name: str) -> State | None:
    """Return what a relationship of a row leads to, one of an heir's included; None for any other attribute."""
    entity = models.entity(state.entity)
    found = entity.relationships.get(name) or models.of_heir(entity, name) if entity is not None else None
    if found is None or found.target is None or found.is_collection is None:
        return None
    shape = Shape.ROWS if found.is_collection else Shape.ROW
    return state._replace(shape=shape, entity=found.target, hops=(*state.hops, name))


def _column(models: Models, state: State, name: str) -> State | None:
    """Return what a column of each of several rows is: no row, but who asks for others by it asks for each of them."""
    entity = models.entity(state.entity) if state.is_many else None
    return State(Shape.COLUMN, state.root) if entity is not None and name in entity.columns else None


def listed(state: State, *, is_many: bool) -> State | None:
    """Return a list that is made of something for each of several; `[row]` holds one for each run of the query.

    `is_many`: the list is one of several itself.
    """
    shape = {Shape.ROW: Shape.ROWS, Shape.TUPLE: Shape.TUPLES}.get(state.shape)
    filters = state.filters if state.is_many else (*state.filters, methods.ONE)
    return state._replace(shape=shape, filters=filters, is_many=is_many) if shape is not None else None


def some(state: State | None) -> States:
    return (state,) if state is not None else NOTHING


def _each(state: State) -> States:
    if state.shape is Shape.PACKED:
        return tuple(one for item in state.items for one in item)
    if state.shape is Shape.ZIPPED:
        items = tuple(tuple(found for one in item if (found := methods.each(one))) for item in state.items)
        return (State(Shape.PACKED, items=items),)
    return some(methods.each(state))


def _at(state: State, index: int | None) -> States:
    if state.shape is not Shape.PACKED:
        return some(methods.at(state, index))
    if index is None or not -len(state.items) <= index < len(state.items):
        return NOTHING
    return state.items[index]
