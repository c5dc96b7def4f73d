"""Pydantic models: which attributes of an object their fields read, and which models their values are."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from greenmod.api import dotted

from ..survey.rows import Member, Path
from .annotations import Leaf, Shape, shape_of
from .attributes import RELATIONSHIPS, decorator_name
from .expressions import calls
from .kinship import Kin
from .names import Names
from .nouns import Field, Key, Made, Schema
from .registry import Registry
from .settings import Settings

_BEFORE = frozenset({"model_validator", "root_validator"})
_CAMEL = frozenset({"to_camel", "camelize", "to_lower_camel", "to_camel_case", "camel_case"})


@dataclass(frozen=True, slots=True)
class Response:
    """The schemas of an annotation; `container` is the generic class around them, if there is one."""

    schemas: tuple[Key, ...]
    is_many: bool | None
    container: str = ""


class Schemas:
    """Answers once for each class."""

    def __init__(self, names: Names, kin: Kin, registry: Registry) -> None:
        self._names = names
        self._kin = kin
        self._registry = registry
        self._settings = Settings(names, kin)
        self._known: dict[Key, Schema | None] = {}

    def of(self, key: Key) -> Schema | None:
        """Return what a class is as a schema; None for a class that is none."""
        if key not in self._known:
            self._known[key] = self._schema(key) if self._kin.of(key).is_schema else None
        return self._known[key]

    def response(self, path: str, text: str, scope: str) -> Response:
        """Return what an annotation, or a `response_model`, is made of."""
        shape = shape_of(text)
        found: list[Key] = []
        is_many: bool | None = shape.is_many
        container = ""
        for leaf in shape.leaves:
            key = self._class(path, leaf, scope)
            inside = [each for argument in leaf.arguments for each in self._keys(path, argument, scope)]
            if inside:
                container, is_many = leaf.name, is_many or self._is_many_inside(key, path, leaf)
                found += inside
            elif key is not None:
                found.append(key)
            elif alias := self._alias(path, leaf, scope):
                inner = self.response(alias[0], alias[1], "")
                found, container = [*found, *inner.schemas], inner.container
                is_many = is_many or inner.is_many
        return Response(tuple(dict.fromkeys(found)), is_many, container)

    def _schema(self, key: Key) -> Schema:
        row = self._names.class_row(key)
        assert row is not None, "a class without a statement has no kinship"
        fields: dict[str, Field] = {}
        for each in reversed(self._kin.of(key).classes):
            given = self._given(key, each)
            above = self._names.class_row(each)
            for member in above.members if above else ():
                if self._is_field(each, member):
                    fields[member.name] = self._field(key, each, member, given)
        return Schema(
            self._registry.qualified(key),
            key.path,
            row.line,
            self._settings.from_attributes(key),
            fields,
            tuple(sorted(self._reads(key))),
        )

    def _is_field(self, key: Key, member: Member) -> bool:
        if not member.annotation or member.name.startswith("_") or member.name == "model_config":
            return False
        if "ClassVar" in member.annotation:
            return False
        maker = member.value.callee.rpartition(".")[2] if member.value else ""
        return maker not in RELATIONSHIPS | {"PrivateAttr"}

    def _field(self, key: Key, owner: Key, member: Member, given: Mapping[str, tuple[str, Shape]]) -> Field:
        shape = shape_of(member.annotation)
        found = list(self._keys(owner.path, shape, owner.scope))
        for leaf in shape.leaves:
            if leaf.name in given:
                path, argument = given[leaf.name]
                found += self._keys(path, argument, "")
        schemas = tuple(dict.fromkeys(map(self._registry.qualified, found)))
        return Field(member.name, self._read(key, member), schemas, shape.is_many, shape.is_optional)

    def _keys(self, path: str, shape: Shape, scope: str) -> Iterator[Key]:
        """Yield the schemas that an annotation names, those that generic ones are parametrised with among them."""
        for leaf in shape.leaves:
            if (key := self._class(path, leaf, scope)) is not None:
                yield key
            elif alias := self._alias(path, leaf, scope):
                yield from self._keys(alias[0], shape_of(alias[1]), "")
            for argument in leaf.arguments:
                yield from self._keys(path, argument, scope)

    def _class(self, path: str, leaf: Leaf, scope: str) -> Key | None:
        meaning = self._names.meant(path, leaf.name, scope)
        return meaning if isinstance(meaning, Key) and self._kin.of(meaning).is_schema else None

    def _alias(self, path: str, leaf: Leaf, scope: str) -> tuple[str, str] | None:
        """Return the annotation, and its file, that a name stands for: `Books = list[BookOut]`."""
        meaning = self._names.meant(path, leaf.name, scope)
        if isinstance(meaning, Made) and not meaning.callee and not meaning.rest and leaf.name not in meaning.text:
            return meaning.path, meaning.text
        return None

    def _given(self, key: Key, owner: Key) -> Mapping[str, tuple[str, Shape]]:
        """Return what the type variables of a base stand for in a class: `class BookPage(Page[BookOut])`."""
        variables = self._variables(owner)
        if not variables:
            return {}
        for each in self._kin.of(key).classes:
            row = self._names.class_row(each)
            for base in row.bases if row else ():
                for leaf in shape_of(base).leaves:
                    if leaf.arguments and self._names.meant(each.path, leaf.name, each.scope) == owner:
                        pairs = zip(variables, leaf.arguments, strict=False)
                        return {name: (each.path, argument) for name, argument in pairs}
        return {}

    def _variables(self, key: Key) -> tuple[str, ...]:
        row = self._names.class_row(key)
        for base in row.bases if row else ():
            for leaf in shape_of(base).leaves:
                if leaf.name.rpartition(".")[2] in ("Generic", "Protocol"):
                    return tuple(each.name for argument in leaf.arguments for each in argument.leaves)
        return ()

    def _is_many_inside(self, key: Key | None, path: str, leaf: Leaf) -> bool | None:
        """Tell whether a generic model holds several of what it is parametrised with."""
        schema, row = (self.of(key), self._names.class_row(key)) if key else (None, None)
        if key is None or schema is None or row is None:
            return True if "Page" in leaf.name else None
        variables = set(self._variables(key))
        for member in row.members:
            shape = shape_of(member.annotation)
            if variables & {each.name for each in shape.leaves}:
                return shape.is_many
        return None

    def _read(self, key: Key, member: Member) -> tuple[str, ...]:
        """Return the attributes that a field's value may come from."""
        aliases = self._aliases(member)
        if not aliases and (generator := self._settings.alias_generator(key)) != "None":
            aliases = (_camel(member.name),) if generator in _CAMEL else ()
            return tuple(dict.fromkeys((*aliases, member.name)))
        if not aliases:
            return (member.name,)
        return tuple(dict.fromkeys((*aliases, member.name))) if self._settings.is_read_by_name(key) else aliases

    def _aliases(self, member: Member) -> tuple[str, ...]:
        given = dict(member.value.keywords) if member.value and member.value.callee.endswith("Field") else {}
        for call in calls(member.annotation, "Field"):
            given = {**{each.arg or "**": ast.unparse(each.value) for each in call.keywords}, **given}
        text = given.get("validation_alias") or given.get("alias") or ""
        return tuple(_alternatives(ast.parse(f"({text}\n)", mode="eval").body)) if text else ()

    def _reads(self, key: Key) -> Iterator[Path]:
        """Yield what validators read of the object before any field does."""
        for each in self._kin.of(key).classes:
            row = self._names.class_row(each)
            for function in row.functions if row else ():
                if any(decorator_name(decorator) in _BEFORE for decorator in function.decorators):
                    yield from function.reads_second


def _alternatives(node: ast.expr) -> Iterator[str]:
    """Yield the attributes that an alias names, the first of a path."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.Call):
        is_path = dotted(node.func).rpartition(".")[2] == "AliasPath"
        for argument in node.args[:1] if is_path else node.args:
            yield from _alternatives(argument)


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)
