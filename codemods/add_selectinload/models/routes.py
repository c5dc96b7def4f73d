"""Path operations of FastAPI: what they answer with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

from greenmod.api import Definition, External, What

from ..survey.rows import Function, Value
from .expressions import words
from .names import Names
from .nouns import Doubt, Foreign, Key, Made, Route
from .registry import Registry
from .schemas import Schemas

_METHODS = frozenset({"get", "post", "put", "patch", "delete", "options", "head", "trace", "api_route"})
_MAKERS = frozenset({"FastAPI", "APIRouter"})


class Routes:
    """Answers once for each function."""

    def __init__(self, names: Names, registry: Registry, schemas: Schemas) -> None:
        self._names = names
        self._registry = registry
        self._schemas = schemas
        self._known: dict[Key, Route | None] = {}

    def of(self, key: Key) -> Route | None:
        """Return what a function answers; None for one that is no path operation."""
        if key not in self._known:
            row = next((each for each in self._functions(key.path) if each.qualname == key.qualname), None)
            self._known[key] = self._route(key, row) if row is not None else None
        return self._known[key]

    @cached_property
    def keys(self) -> tuple[Key, ...]:
        """The functions with decorators of all surveyed files, path operations or not."""
        return tuple(
            Key(path, function.qualname)
            for path in sorted(self._names.project.surveys)
            for function in self._functions(path)
            if function.decorators
        )

    def _functions(self, path: str) -> Iterator[Function]:
        rows = self._names.rows(path)
        yield from rows.functions
        for row in rows.classes:
            yield from row.functions

    def _route(self, key: Key, row: Function) -> Route | None:
        for decorator in row.decorators:
            if self._is_operation(key, decorator):
                return self._answered(key, row, decorator.named)
        return None

    def _answered(self, key: Key, row: Function, named: Mapping[str, str]) -> Route:
        text = named.get("response_model", row.returns)
        found = self._schemas.response(key.path, text, key.scope)
        doubt = None
        if "response_model" in named and text != "None" and not found.schemas:
            reason = f"`response_model={text}` names no Pydantic model that can be followed"
            doubt = Doubt(key.path, row.line, "unknown-response-model", reason)
        return Route(
            self._registry.qualified(key),
            key.path,
            row.line,
            row.is_async,
            tuple(map(self._registry.qualified, found.schemas)),
            found.is_many,
            found.container,
            words(named.get("response_model_exclude")),
            doubt,
        )

    def _is_operation(self, key: Key, decorator: Value) -> bool:
        owner, _, method = decorator.callee.rpartition(".")
        if method not in _METHODS or not owner:
            return False
        found = self._names.objects.named(key.path, owner, key.scope)
        if found.what is What.INSTANCE:
            if found.is_library:
                return found.file.startswith("fastapi/")
            above = self._names.project.ancestors(Definition(found.file, found.qualname))
            is_router = any(isinstance(each, External) and each.name.startswith("fastapi.") for each in above)
            return is_router or "response_model" in decorator.named
        meaning = self._names.meant(key.path, owner, key.scope)
        if isinstance(meaning, Made):
            maker = self._names.meant(meaning.path, meaning.callee) if meaning.callee else None
            name = maker.name if isinstance(maker, Foreign | Key) else meaning.callee.rpartition(".")[2]
            return name in _MAKERS or "response_model" in decorator.named
        return "response_model" in decorator.named
