"""Tables and foreign keys: which of two entities holds the other's key."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

from greenmod.api import dotted

from ..survey.rows import Value
from .annotations import shape_of
from .attributes import COLUMNS, Attribute, Attributes
from .expressions import calls, literal, parsed, string
from .kinship import Kin
from .names import Names
from .nouns import Key

_CAMEL = re.compile(r"((?<=[a-z0-9])[A-Z]|(?!^)[A-Z](?=[a-z]))")


class ForeignKey(NamedTuple):
    """A column's foreign key: to a table by name, or to a class; to neither where it can't be told."""

    column: str
    table: str
    owner: Key | None


class Tables:
    """Answers once for each entity."""

    def __init__(self, names: Names, kin: Kin, attributes: Attributes) -> None:
        self._names = names
        self._kin = kin
        self._attributes = attributes
        self._tables: dict[Key, str] = {}
        self._keys: dict[Key, tuple[ForeignKey, ...]] = {}

    def table(self, key: Key) -> str:
        """Return the name of an entity's own table; empty where it is computed, or its base's."""
        if key not in self._tables:
            self._tables[key] = self._table(key)
        return self._tables[key]

    def links(self, key: Key, other: Key) -> tuple[str, ...] | None:
        """Return the columns of an entity, or of its bases, that hold the key of another; None where that is open."""
        targets = [each for each in self._kin.of(other).classes if self._kin.is_mapped(each)]
        tables = {self.table(each) for each in targets} - {""}
        found = [each for each in self.foreign_keys(key) if each.table in tables or each.owner in targets]
        if not found and (not tables or any(not each.table and each.owner is None for each in self.foreign_keys(key))):
            return None
        return tuple(each.column for each in found)

    def foreign_keys(self, key: Key) -> tuple[ForeignKey, ...]:
        if key not in self._keys:
            self._keys[key] = tuple(
                found for each in self._attributes.of(key).values() for found in self._of_attribute(each)
            )
        return self._keys[key]

    def is_column(self, attribute: Attribute) -> bool:
        """Tell whether an attribute is a column, or is made of some."""
        if attribute.value is not None and attribute.value.callee:
            maker = self._attributes.maker(attribute.path, attribute.value.callee, attribute.owner.scope)
            return maker in COLUMNS
        if attribute.function is not None and not attribute.is_declared:
            return False
        return attribute.value is None and shape_of(attribute.annotation).wrapper == "Mapped"

    def _table(self, key: Key) -> str:
        for each in self._kin.of(key).classes:
            if each != key and self._kin.is_mapped(each):
                break
            own = self._attributes.own(each)
            if (named := own.get("__tablename__")) is not None:
                return _computed(key, named) if named.function else string(named.value.text if named.value else "")
            if (table := own.get("__table__")) is not None and table.value and table.value.args:
                return string(table.value.args[0])
        kind = self._kin.of(key).kind
        if kind == "sqlmodel":
            return key.name.lower()
        return _CAMEL.sub(r"_\1", key.name).lower() if kind == "flask" else ""

    def _of_attribute(self, attribute: Attribute) -> Iterator[ForeignKey]:
        value = attribute.value
        if value is None or attribute.name == "__mapper_args__":
            return
        if target := string(value.named.get("foreign_key")):  # SQLModel
            yield ForeignKey(attribute.name, _table_of(target), None)
        for text in _parts(value, attribute.annotation):
            for call in calls(text, "ForeignKey"):
                if call.args:
                    yield self._foreign_key(attribute, attribute.name, call.args[0])
            for call in calls(text, "ForeignKeyConstraint"):
                yield from self._constraint(attribute, call)

    def _constraint(self, attribute: Attribute, call: ast.Call) -> Iterator[ForeignKey]:
        lists = [each.elts for each in call.args[:2] if isinstance(each, ast.List | ast.Tuple)]
        if len(lists) == 2:
            for column, target in zip(*lists, strict=False):
                name = column.value if isinstance(column, ast.Constant) else dotted(column)
                yield self._foreign_key(attribute, str(name), target)

    def _foreign_key(self, attribute: Attribute, column: str, target: ast.expr) -> ForeignKey:
        if isinstance(target, ast.Constant) and isinstance(target.value, str):
            return ForeignKey(column, _table_of(target.value), None)
        owner, _, _ = dotted(target).rpartition(".")
        meaning = self._names.meant(attribute.path, owner, attribute.owner.qualname) if owner else None
        return ForeignKey(column, "", meaning if isinstance(meaning, Key) else None)


def _parts(value: Value, annotation: str) -> tuple[str, ...]:
    texts = (*value.args, *(text for _, text in value.keywords), value.text)
    return (*texts, annotation) if "ForeignKey" in annotation else texts


def _table_of(target: str) -> str:
    """Return the table in `schema.table.column`."""
    parts = target.split(".")
    return parts[-2] if len(parts) > 1 else target


def _computed(key: Key, named: Attribute) -> str:
    """Return what a `declared_attr` makes the name of a table, where that is the class's, or a literal."""
    value = named.value
    if value is None:
        return ""
    if value.callee.endswith("__name__.lower"):
        return key.name.lower()
    if value.text.endswith("__name__"):
        return key.name
    found = literal(value.text) if parsed(value.text) is not None else ...
    return found if isinstance(found, str) else ""
