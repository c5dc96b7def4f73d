"""The facts of one file, as plain data that can be cached and sent to a worker.

Scopes are named by qualified name (`Outer.method`), the module's own scope by the empty string. Two scopes of
one name (overloads, `if`/`else`) share their bindings, so that doubt stays doubt.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

MODULE = ""
# What a name is bound to, beside import targets: a definition in this file (`:Outer.method`), or something else.
DEFINED = ":"
OTHER = "?"


@dataclass(frozen=True, slots=True)
class ImportFact:
    """`name` is bound in `scope` to `target`, a dotted path; a relative target keeps its leading dots.

    A star import has the name `*` and its module as target. `for_types`: under `if TYPE_CHECKING`.
    """

    scope: str
    name: str
    target: str
    line: int
    for_types: bool = False


@dataclass(frozen=True, slots=True)
class ClassFact:
    """One class statement; `bases` (without `[...]`) and `decorators` are dotted text, empty for other expressions.

    Its body's names stand in `FileFacts.names[qualname]`.
    """

    qualname: str
    line: int
    end_line: int
    bases: tuple[str, ...]
    keywords: tuple[str, ...]
    decorators: tuple[str, ...]

    @property
    def scope(self) -> str:
        """The scope that the class statement itself stands in."""
        return self.qualname.rpartition(".")[0]


@dataclass(frozen=True, slots=True)
class FunctionFact:
    """One function statement; `parameters` by name, in order."""

    qualname: str
    line: int
    end_line: int
    is_async: bool
    decorators: tuple[str, ...]
    parameters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FileFacts:
    """Everything other files may ask about this one.

    `statements` are the line ranges of the top-level statements; `names` says, per scope and name, everything
    that the name is bound to there.
    """

    path: str
    statements: tuple[tuple[int, int], ...]
    imports: tuple[ImportFact, ...]
    classes: tuple[ClassFact, ...]
    functions: tuple[FunctionFact, ...]
    names: Mapping[str, Mapping[str, tuple[str, ...]]]

    def find_class(self, qualname: str) -> ClassFact | None:
        return next((fact for fact in self.classes if fact.qualname == qualname), None)

    def bindings(self, name: str, scope: str = MODULE) -> tuple[str, ...]:
        """Return what a plain `name`, used in `scope`, is bound to; nothing where this file doesn't bind it."""
        for place in self._lookup_order(scope):
            if found := self.names.get(place, {}).get(name):
                return found
        return ()

    def qualified_names(self, dotted: str, scope: str = MODULE) -> frozenset[str]:
        """Return what `dotted` may stand for in `scope`, by this file's imports and definitions alone.

        Several where imports compete (`try`/`except ImportError`); none where the name is also bound otherwise
        (a parameter, an assignment) or not at all. A class or function of this file comes back as `:qualname`.
        """
        first, _, rest = dotted.partition(".")
        targets = self.bindings(first, scope)
        if OTHER in targets:
            return frozenset()
        return frozenset(f"{target}.{rest}" if rest else target for target in targets)

    def find_import(self, name: str, scope: str = MODULE) -> ImportFact | None:
        """Return the first import that binds a plain `name`, used in `scope`; None where something else does."""
        for place in self._lookup_order(scope):
            if name in self.names.get(place, {}):
                return next((fact for fact in self.imports if fact.scope == place and fact.name == name), None)
        return None

    @property
    def star_imports(self) -> tuple[str, ...]:
        return tuple(fact.target for fact in self.imports if fact.name == "*")

    def _lookup_order(self, scope: str) -> Iterator[str]:
        """Yield the scopes in which a name is looked up; a class body is seen from directly inside only."""
        place = scope
        while place:
            if place == scope or self.find_class(place) is None:
                yield place
            place = place.rpartition(".")[0]
        yield MODULE


def from_json(data: Mapping[str, Any]) -> FileFacts:
    """Read facts after a trip through JSON. Raises KeyError or TypeError where they are not facts."""
    return FileFacts(
        path=data["path"],
        statements=tuple((start, end) for start, end in data["statements"]),
        imports=tuple(ImportFact(**row) for row in data["imports"]),
        classes=tuple(ClassFact(**_with_tuples(row)) for row in data["classes"]),
        functions=tuple(FunctionFact(**_with_tuples(row)) for row in data["functions"]),
        names={
            scope: {name: tuple(targets) for name, targets in names.items()} for scope, names in data["names"].items()
        },
    )


def _with_tuples(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
