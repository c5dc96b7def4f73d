"""The attributes of a class with those of its bases: which statement says what each one is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from greenmod.api import What

from ..survey.rows import Class, Function, Value
from .kinship import Kin
from .names import Names
from .nouns import Foreign, Key, Made

RELATIONSHIPS = frozenset({"relationship", "Relationship", "relation", "dynamic_loader"})
COLUMNS = frozenset(
    {"Column", "mapped_column", "column_property", "deferred", "composite", "query_expression", "Field"}
)
PROXIES = frozenset({"association_proxy", "AssociationProxy", "synonym"})
KNOWN = RELATIONSHIPS | COLUMNS | PROXIES
_COMPUTED = frozenset({"declared_attr", "directive", "cascading"})


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute of a class: annotated or set in the body of `owner`, or made by a function of it.

    `is_declared`: the function is a `declared_attr`, and `value` what it returns.
    """

    name: str
    owner: Key
    path: str
    line: int
    annotation: str = ""
    value: Value | None = None
    function: Function | None = None
    is_declared: bool = False


class Attributes:
    """Answers once for each class."""

    def __init__(self, names: Names, kin: Kin) -> None:
        self._names = names
        self._kin = kin
        self._own: dict[Key, Mapping[str, Attribute]] = {}
        self._makers: dict[tuple[str, str, str], str] = {}

    def of(self, key: Key) -> Mapping[str, Attribute]:
        """Return all attributes of a class, each as the nearest of its bases has it; the class's own come first."""
        found: dict[str, Attribute] = {}
        for each in self._kin.of(key).classes:
            for name, attribute in self.own(each).items():
                found.setdefault(name, attribute)
        return found

    def own(self, key: Key) -> Mapping[str, Attribute]:
        """Return what the body of a class has, and what is set on it afterwards."""
        if key not in self._own:
            row = self._names.class_row(key)
            found = _of_body(key, row) if row is not None else {}
            found |= {each.name: each for each in self._added.get(key, ())}
            self._own[key] = found
        return self._own[key]

    @cached_property
    def _added(self) -> Mapping[Key, list[Attribute]]:
        """`Author.books = relationship(…)`, in any file that was surveyed."""
        found: defaultdict[Key, list[Attribute]] = defaultdict(list)
        for path in sorted(self._names.project.surveys):
            for row in self._names.rows(path).assigned:
                if row.owner and row.value.callee.rpartition(".")[2] in KNOWN:
                    owner = self._names.meant(path, row.owner)
                    if isinstance(owner, Key):
                        found[owner].append(Attribute(row.name, owner, path, row.line, "", row.value))
        return found

    def maker(self, path: str, callee: str, scope: str) -> str:
        """Return the name that a library has for what is called: `relationship`, whatever it is called here.

        `()` for a function of the repository that makes a relationship; empty for everything else.
        """
        key = path, callee, scope
        if key not in self._makers:
            self._makers[key] = self._maker(path, callee, scope) if callee else ""
        return self._makers[key]

    def _maker(self, path: str, callee: str, scope: str) -> str:
        meaning = self._names.meant(path, callee, scope)
        if isinstance(meaning, Foreign):
            return meaning.name
        if isinstance(meaning, Made):
            return (meaning.rest or meaning.name).rpartition(".")[2]
        if meaning is not None:
            return ""
        found = self._names.objects.named(path, callee, scope)
        if found.what is What.FUNCTION and not found.is_library:
            for function in self._names.rows(found.file).functions:
                if function.qualname == found.qualname and function.gives is not None:
                    inner = self.maker(found.file, function.gives.callee, "")
                    return "()" if inner in (*RELATIONSHIPS, "()") else inner
            return ""
        return callee.rpartition(".")[2]


def _of_body(key: Key, row: Class) -> dict[str, Attribute]:
    found: dict[str, Attribute] = {}
    for member in row.members:
        before = found.get(member.name)
        if before is not None and before.value is not None and member.value is None:
            continue  # an annotation for type checkers
        annotation = member.annotation or (before.annotation if before else "")
        found[member.name] = Attribute(member.name, key, key.path, member.line, annotation, member.value)
    for function in row.functions:
        if any(each.callee or "." in each.text for each in function.decorators) and _is_aside(function):
            continue
        is_declared = any(decorator_name(each) in _COMPUTED for each in function.decorators)
        value = function.gives if is_declared else None
        annotation = function.returns if is_declared else ""
        found[function.name] = Attribute(
            function.name, key, key.path, function.line, annotation, value, function, is_declared
        )
    return found


def decorator_name(decorator: Value) -> str:
    """Return the last name of a decorator, called or not."""
    return (decorator.callee or decorator.text).rpartition(".")[2]


def _is_aside(function: Function) -> bool:
    """Tell whether a function is the setter, or the SQL expression, of another attribute of its name."""
    return any(
        decorator_name(each) in ("setter", "deleter", "expression", "comparator", "update_expression")
        for each in function.decorators
    )
