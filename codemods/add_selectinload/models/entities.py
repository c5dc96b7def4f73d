"""Every mapped class of the repository, with its relationships, the other ends that they make, and what it reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from ..survey.rows import Path, Value
from .attributes import PROXIES, Attribute, Attributes, decorator_name
from .expressions import literal, string
from .kinship import Kin
from .names import Names
from .nouns import Doubt, Entity, Key, Relationship
from .registry import Registry
from .relationships import Relationships, Written
from .tables import Tables

_ASIDE = frozenset({"classmethod", "staticmethod", "validates", "listens_for", "reconstructor", "model_validator"})


class Entities:
    """All of them at once: one may make relationships on another."""

    def __init__(self, names: Names, kin: Kin, registry: Registry) -> None:
        self._names = names
        self._kin = kin
        self._registry = registry
        self._attributes = Attributes(names, kin)
        self._relationships = Relationships(names, kin, self._attributes, registry)

    @property
    def _tables(self) -> Tables:
        return self._relationships.tables

    @cached_property
    def by_key(self) -> Mapping[Key, Entity]:
        """The mapped classes by where they stand. Those that an `automap` base makes are none: they are no text."""
        return {key: self._entity(key) for key in self._registry.keys}

    @cached_property
    def doubts(self) -> tuple[Doubt, ...]:
        """What can't be told of mapped classes and their relationships."""
        found = {one.doubt for each in self.by_key.values() for one in each.relationships.values() if one.doubt}
        found |= set(self.imperative.values())
        for key in self._registry.keys:
            found.update(self._of_class(key))
        return tuple(sorted(found))

    @cached_property
    def imperative(self) -> Mapping[Key, Doubt]:
        """Classes that a call maps: their relationships are in its arguments, and not looked at."""
        found: dict[Key, Doubt] = {}
        for path in sorted(self._names.project.surveys):
            for row in self._names.rows(path).imperative:
                owner = self._names.meant(path, row.owner, row.scope)
                if isinstance(owner, Key):
                    reason = f"`{owner.name}` is mapped by a call, not by its class body"
                    found[owner] = Doubt(path, row.line, "imperative-mapping", reason)
        return found

    def _of_class(self, key: Key) -> Sequence[Doubt]:
        kin, row = self._kin.of(key), self._names.class_row(key)
        line = row.line if row else 1
        if kin.kind == "automap":
            reason = f"relationships of `{key.name}` are made from the database by automap"
            return [Doubt(key.path, line, "automap", reason)]
        return [Doubt(key.path, line, "unknown-base", f"`{key.name}`: {kin.doubt}")] if kin.doubt else []

    @cached_property
    def _written(self) -> Mapping[Key, Mapping[str, Written]]:
        """The relationships that an entity's mapper has first, by name; those that others make on it come last."""
        found = {key: self._own(key) for key in self._registry.keys}
        for key in self._registry.keys:
            for written in tuple(found[key].values()):
                made = self._relationships.backref(written)
                if made is not None and written.target in found:
                    found[written.target].setdefault(made.relationship.name, made)
        return found

    def _own(self, key: Key) -> dict[str, Written]:
        """Return what the body of an entity and of the mixins that no mapped base has says of relationships."""
        found: dict[str, Written] = {}
        seen: set[str] = set()
        inherited = {each for base in self._bases(key) for each in self._kin.of(base).classes}
        for each in self._kin.of(key).classes:
            if each in inherited or (self._kin.of(key).kind == "sqlmodel" and each != key):
                continue  # SQLModel takes relationships from the class's own body alone
            for name, attribute in self._attributes.own(each).items():
                if name not in seen and (written := self._relationships.read(key, attribute)) is not None:
                    found[name] = written
                seen.add(name)
        return found

    def _bases(self, key: Key) -> tuple[Key, ...]:
        return tuple(each for each in self._kin.of(key).classes if each != key and self._kin.is_mapped(each))

    def _entity(self, key: Key) -> Entity:
        row, kin = self._names.class_row(key), self._kin.of(key)
        attributes = self._attributes.of(key)
        relationships: dict[str, Relationship] = {}
        for each in (key, *self._bases(key)):
            for name, written in self._written.get(each, {}).items():
                if name not in relationships and self._is_seen(key, each, attributes.get(name)):
                    relationships[name] = written.relationship
        columns = [
            each for each in attributes.values() if each.name not in relationships and self._is_column(key, each)
        ]
        return Entity(
            self._registry.qualified(key),
            key.path,
            row.line if row else 1,
            tuple(self._registry.qualified(base) for base in self._bases(key)),
            relationships,
            {name: reads for name, each in attributes.items() if (reads := self._reads(each))},
            tuple(each.name for each in columns),
            tuple(each.name for each in columns if _is_deferred(each.value)),
            not kin.doubt and kin.kind != "automap",
        )

    def _is_seen(self, key: Key, base: Key, attribute: Attribute | None) -> bool:
        """Tell whether a base's relationship is still what an attribute is, and nothing nearer took its name."""
        return (
            attribute is None
            or attribute.owner not in self._kin.of(key).classes
            or self._is_below(key, base, attribute)
        )

    def _is_below(self, key: Key, base: Key, attribute: Attribute) -> bool:
        classes = self._kin.of(key).classes
        return base == key or classes.index(attribute.owner) >= classes.index(base)

    def _is_column(self, key: Key, attribute: Attribute) -> bool:
        if attribute.name.startswith("__"):
            return False
        is_field = self._kin.of(key).kind == "sqlmodel" and bool(attribute.annotation) and not attribute.function
        return self._tables.is_column(attribute) or (is_field and "ClassVar" not in attribute.annotation)

    def _reads(self, attribute: Attribute) -> tuple[Path, ...]:
        function, value = attribute.function, attribute.value
        if function is not None:
            is_aside = attribute.is_declared or any(decorator_name(each) in _ASIDE for each in function.decorators)
            return () if is_aside and not _is_proxy(value) else function.reads or _proxied(value)
        return (
            _proxied(value)
            if value and self._attributes.maker(attribute.path, value.callee, attribute.owner.scope) in PROXIES
            else ()
        )


def _is_proxy(value: Value | None) -> bool:
    return value is not None and value.callee.rpartition(".")[2] in PROXIES


def _proxied(value: Value | None) -> tuple[Path, ...]:
    """Return the path that an association proxy goes along, or the attribute that a synonym stands for."""
    if value is None:
        return ()
    texts = (*value.args, *(text for name, text in value.keywords if name in ("target_collection", "attr", "name")))
    path = tuple(found for text in texts[:2] if (found := string(text)))
    return (path,) if path else ()


def _is_deferred(value: Value | None) -> bool:
    if value is None:
        return False
    is_wrapped = value.callee.rpartition(".")[2] == "deferred"
    return is_wrapped or literal(value.named.get("deferred")) is True or "deferred_group" in value.named
