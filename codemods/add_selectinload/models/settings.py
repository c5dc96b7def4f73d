"""The settings of a schema, from wherever pydantic takes them: its own and inherited ones, spelled as in 1 or 2."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from greenmod.api import dotted

from ..survey.rows import Class, Value
from .expressions import literal, parsed
from .kinship import Kin
from .names import Names
from .nouns import Key, Made

_TRUE = ("from_attributes", "orm_mode")
_BY_NAME = ("populate_by_name", "validate_by_name", "allow_population_by_field_name")


class Settings:
    """Answers about one schema at a time."""

    def __init__(self, names: Names, kin: Kin) -> None:
        self._names = names
        self._kin = kin

    def of(self, key: Key) -> Mapping[str, str]:
        """Return the settings of a class, as texts, with what it inherits."""
        found: dict[str, str] = {}
        for each in self._kin.of(key).classes:
            for name, text in self._own(each):
                found.setdefault(name, text)
        return found

    def from_attributes(self, key: Key) -> bool:
        """Tell whether objects are read by their attributes. SQLModel's own base says so of all its heirs."""
        settings = self.of(key)
        said = [literal(settings[name]) for name in _TRUE if name in settings]
        return said[0] is True if said else self._kin.of(key).kind == "sqlmodel"

    def is_read_by_name(self, key: Key) -> bool:
        """Tell whether a field with an alias is looked for under its own name, too."""
        settings = self.of(key)
        return any(literal(settings.get(name)) is True for name in _BY_NAME)

    def alias_generator(self, key: Key) -> str:
        return self.of(key).get("alias_generator", "None").rpartition(".")[2]

    def _own(self, key: Key) -> Iterator[tuple[str, str]]:
        row = self._names.class_row(key)
        if row is None:
            return
        yield from row.keywords
        for member in row.members:
            if member.name == "model_config" and member.value is not None:
                yield from self._settings(key.path, member.value)
        inner = self._names.class_row(Key(key.path, f"{key.qualname}.Config"))
        yield from _of_class(inner) if inner else ()

    def _settings(self, path: str, value: Value) -> Iterator[tuple[str, str]]:
        """Yield what `ConfigDict(…)`, a dictionary, or a name for either of them says."""
        if value.callee:
            yield from value.keywords
            return
        node = parsed(value.text)
        if isinstance(node, ast.Dict):
            for name, each in zip(node.keys, node.values, strict=True):
                if isinstance(name, ast.Constant) and isinstance(name.value, str):
                    yield name.value, ast.unparse(each)
        elif node is not None and dotted(node):
            made = self._names.meant(path, value.text)
            if isinstance(made, Made) and not made.rest:
                yield from self._settings(
                    made.path, Value(made.callee, made.args, tuple(made.keywords.items()), made.text)
                )


def _of_class(row: Class) -> Iterator[tuple[str, str]]:
    for member in row.members:
        if member.value is not None:
            yield member.name, member.value.text or member.value.callee
