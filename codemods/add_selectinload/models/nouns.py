"""The answers: entities with their relationships, schemas with their fields, routes. Plain data.

Names are qualified by the module (`app.models.Author`), as far as the folders of the repository tell its name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..survey.rows import Path


@dataclass(frozen=True, slots=True, order=True)
class Doubt:
    """Something that can't be told, and why: what becomes a Skip where it matters."""

    path: str
    line: int
    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class Relationship:
    """A relationship as the mapper of an entity has it.

    `declared_in` is the entity whose mapper declares it, which for one of a mixin is the entity that has the mixin;
    `path` and `line` are where it is written. `target` is None where it can't be told, and `doubt` says why;
    `is_collection` is None where neither annotation nor foreign keys tell. `lazy` is SQLAlchemy's word for it (`select`
    where nothing is said), None where it is no literal. `is_by_backref`: it is written at its other end.
    """

    name: str
    declared_in: str
    path: str
    line: int
    target: str | None
    is_collection: bool | None
    lazy: str | None
    is_viewonly: bool = False
    back_populates: str = ""
    is_by_backref: bool = False
    is_self_referential: bool = False
    doubt: Doubt | None = None


@dataclass(frozen=True, slots=True)
class Entity:
    """A mapped class. `relationships`, `reads` and `columns` include what is inherited.

    `bases` are the mapped ones, nearest first. `reads` has for each property, hybrid, association proxy, synonym and
    method the attribute paths that it reads from `self`; see `survey.reading`. `is_whole` is false where a base can't
    be followed: there may be more than is known.
    """

    name: str
    path: str
    line: int
    bases: tuple[str, ...]
    relationships: Mapping[str, Relationship]
    reads: Mapping[str, tuple[Path, ...]]
    columns: tuple[str, ...]
    columns_deferred: tuple[str, ...]
    is_whole: bool = True


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a schema. `reads` are the attributes of the object that may give its value, the first that is there.

    `schemas` are those that stand in its annotation, through lists, unions and the parameters of generic ones.
    """

    name: str
    reads: tuple[str, ...]
    schemas: tuple[str, ...]
    is_many: bool
    is_optional: bool


@dataclass(frozen=True, slots=True)
class Schema:
    """A Pydantic model. `fields` include inherited ones, in the model's order.

    `reads` are paths that validators which run before the fields read of the object themselves.
    """

    name: str
    path: str
    line: int
    from_attributes: bool
    fields: Mapping[str, Field]
    reads: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Route:
    """A path operation of FastAPI. `schemas` are the models of its response, none where it has none.

    `is_many`: it answers with several of them; None where a generic wrapper doesn't tell. FastAPI validates what the
    function returns with `from_attributes=True`, whatever the models say of themselves; and what `excluded` names is
    read all the same.
    """

    function: str
    path: str
    line: int
    is_async: bool
    schemas: tuple[str, ...]
    is_many: bool | None
    container: str = ""
    excluded: tuple[str, ...] = ()
    doubt: Doubt | None = None


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """A class statement of the repository."""

    path: str
    qualname: str

    @property
    def name(self) -> str:
        return self.qualname.rpartition(".")[2]

    @property
    def scope(self) -> str:
        """Where the names of its body are looked up: the annotations of a class don't see its own attributes."""
        return self.qualname.rpartition(".")[0]


@dataclass(frozen=True, slots=True)
class Foreign:
    """A name of a library: its first package, and its own last name."""

    package: str
    name: str


@dataclass(frozen=True, slots=True)
class Made:
    """A name that a module assigns: where, and by what. `rest` are the attributes that were taken from it."""

    path: str
    name: str
    line: int
    callee: str
    args: tuple[str, ...]
    keywords: Mapping[str, str] = field(hash=False)
    text: str
    rest: str
