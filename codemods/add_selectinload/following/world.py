"""The files of the repository that have queries or deal with rows, their functions, and what names stand for there."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import NamedTuple

from greenmod.api import External, Objects, Project, What

from ..flows.rows import Body

_TESTS = re.compile(r"(?:^|/)(?:tests?|testing)/|(?:^|/)(?:test_[^/]*|[^/]*_test|conftest)\.py$")
_KEEPING = re.compile(r"expire_on_commit[\"']?\s*[=:]\s*False")
_MIGRATIONS = re.compile(r"(?:^|/)(?:alembic|migrations)/")


# What the calls are called that begin a query or follow it, or that write what was made.
_BEGINNINGS = frozenset({"select", "query", "get", "get_one", "get_or_404", "filter", "filter_by", "all", "options"})
_BEGINNINGS |= {"add", "add_all"}


class Scope(NamedTuple):
    """One function of the repository."""

    path: str
    qualname: str


def is_test(path: str) -> bool:
    return _TESTS.search(path) is not None


class World:
    """The functions of production code. `bodies` are those of each file."""

    def __init__(self, project: Project, objects: Objects, bodies: Mapping[str, tuple[Body, ...]]) -> None:
        self.project = project
        self.objects = objects
        self.bodies = {
            path: found for path, found in sorted(bodies.items()) if not is_test(path) and not _MIGRATIONS.search(path)
        }
        self._by_scope = {Scope(path, body.qualname): body for path, found in self.bodies.items() for body in found}
        self._functions: dict[tuple[str, str, str], Scope | None] = {}
        self.by_name: Mapping[str, list[Scope]] = defaultdict(list)
        for scope in self._by_scope:
            self.by_name[scope.qualname.rpartition(".")[2]].append(scope)

        self.giving = self._find_giving()
        mentioning = project.mentioning("expire_on_commit")
        # Whether a commit expires the rows of sessions, as it does unless they are told otherwise.
        self.expires = not any(_KEEPING.search(project.read(path) or "") for path in mentioning)

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """All functions, in the order of files and lines."""
        return tuple(self._by_scope)

    def _find_giving(self) -> frozenset[str]:
        """Return the names of functions that may return rows or queries."""
        found: set[str] = set()
        while True:
            more = {
                scope.qualname.rpartition(".")[2]
                for scope, body in self._by_scope.items()
                if (body.returned or body.yielded)
                and any(call.callee.rpartition(".")[2] in found | _BEGINNINGS for call in body.calls)
            }
            if more <= found:
                return frozenset(found)
            found |= more

    def body(self, scope: Scope) -> Body | None:
        return self._by_scope.get(scope)

    def function(self, path: str, text: str, scope: str) -> Scope | None:
        """Return the function of the repository that a name, or any expression, stands for where it is written."""
        key = path, text, scope
        if key not in self._functions:
            self._functions[key] = self._found(path, text, scope)
        return self._functions[key]

    def _found(self, path: str, text: str, scope: str) -> Scope | None:
        if text.rpartition(".")[2] not in self.by_name:
            return None
        thing = self.objects.named(path, text, scope)
        if thing.what is not What.FUNCTION or thing.is_library:
            return None
        found = Scope(thing.file, thing.qualname)
        return found if found in self._by_scope else None

    def is_statement(self, path: str, text: str, scope: str) -> bool:
        """Tell whether a name, such as `select`, is SQLAlchemy's or SQLModel's."""
        facts = self.project.facts(path)
        names = facts.qualified_names(text, scope) if facts is not None else frozenset[str]()
        return any(name.partition(".")[0] in ("sqlalchemy", "sqlmodel") for name in names)

    def is_of(self, packages: Collection[str], path: str, text: str, scope: str) -> bool:
        """Tell whether a name stands for something of one of some libraries."""
        found = self.project.resolve(path, text, scope)
        return any(isinstance(each, External) and each.name.partition(".")[0] in packages for each in found)
