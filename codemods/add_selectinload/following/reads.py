"""What was seen to be read of the rows of queries."""

from __future__ import annotations

from typing import NamedTuple

from ..models.chains import Chain
from ..models.models import Models
from ..models.nouns import Entity
from .states import Evidence, State, Want
from .steps import followed


class Reading(NamedTuple):
    """Where and how an attribute is read."""

    where: str
    how: str
    evidence: Evidence
    is_conditional: bool = False


class Reads:
    """Notes the relationships that are read, directly or by a property that reads them. `wants` are in order.

    `lacks` are those of objects that were made at a path and line: where each is read.
    """

    def __init__(self, models: Models) -> None:
        self._models = models
        self.wants: dict[Want, None] = {}
        self.lacks: dict[tuple[str, int], dict[str, str]] = {}

    def want(self, state: State, name: str, reading: Reading) -> State | None:
        """Note that an attribute of a row is read; return what it leads to."""
        entity = self._models.entity(state.entity)
        if entity is None or name.startswith("__"):
            return None
        if state.made is not None:
            self._note_made(state, entity, name, reading)
            return None
        if state.root is None:
            return None
        if name in entity.relationships or self._models.of_heir(entity, name) is not None:
            self._note(state, (*state.hops, name), state.is_many, reading)
            return followed(self._models, state, name)
        for chain in self._models.chains(entity, (name,)) if name in entity.reads else ():
            self._note_chain(state, chain, reading._replace(how=f"{reading.how} `{name}`, which reads"))
        return None

    def want_for_schema(self, state: State, name: str, where: str, how: str) -> State | None:
        """Note that a schema reads an attribute of a row; return what it leads to."""
        return self.want(state, name, Reading(where, how, Evidence.SCHEMA))

    def _note_made(self, state: State, entity: Entity, name: str, reading: Reading) -> None:
        """Note that a relationship is read of an object that nothing has loaded it for."""
        chains = self._models.chains(entity, (name,)) if name in entity.reads else ()
        for first in (name, *(chain[0].name for chain in chains if chain)):
            found = entity.relationships.get(first)
            made = state.made
            if found is None or made is None or reading.is_conditional or found.lazy != "select" or first in made.there:
                continue
            if found.is_collection or made.is_expired:  # else the session may know the one row that it leads to
                self.lacks.setdefault((made.path, made.line), {}).setdefault(first, reading.where)

    def _note_chain(self, state: State, chain: Chain, reading: Reading) -> None:
        hops, is_many = state.hops, state.is_many
        for hop in chain:
            hops = (*hops, hop.name)
            self._note(state, hops, is_many, reading)
            is_many = is_many or bool(hop.is_collection)

    def _note(self, state: State, hops: tuple[str, ...], is_many: bool, reading: Reading) -> None:
        assert state.root is not None
        is_passed = state.is_passed and reading.evidence is not Evidence.SCHEMA
        want = Want(
            root=state.root,
            slot=state.slot,
            hops=hops,
            options=state.options,
            is_many=is_many,
            is_async=state.is_async,
            is_conditional=reading.is_conditional,
            filters=state.filters,
            evidence=Evidence.PASSED if is_passed else reading.evidence,
            where=reading.where,
            how=reading.how,
        )
        self.wants.setdefault(want)
