"""How a file can name a mapped class: by a name that it has, else by one that it may import without a cycle."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from greenmod.api import Objects, Project, What

from ..models.models import Models
from ..models.nouns import Entity


class Spelling(NamedTuple):
    """A text for a class, and the import that it needs: module, name, and the name beside which it is written."""

    text: str
    imports: tuple[tuple[str, str, str], ...] = ()


class Refusal(NamedTuple):
    """Why a class can't be named: a rule and a reason."""

    rule: str
    reason: str


class Naming:
    """Finds names for mapped classes."""

    def __init__(self, project: Project, objects: Objects, models: Models) -> None:
        self._project = project
        self._objects = objects
        self._models = models

    def spell(self, path: str, scope: str, name: str, near: str) -> Spelling | Refusal:
        """Return how to write the class of a qualified name in a function; `near` is a text for another class there."""
        entity = self._models.entity(name)
        if entity is None:
            return Refusal("unknown-class", f"`{name}` can't be followed to its class")
        short = entity.name.rpartition(".")[2]
        prefix = near.rpartition(".")[0]
        for text in dict.fromkeys(
            (short, f"{prefix}.{short}" if prefix else short, *self._aliases(path, scope, short))
        ):
            if self._is(path, text, scope, entity):
                return Spelling(text)
        return self._imported(path, scope, entity, short, near)

    def loader(self, path: str, scope: str, word: str) -> Spelling | Refusal:
        """Return how to write a loader of `sqlalchemy.orm` in a function."""
        facts = self._project.facts(path)
        for fact in facts.imports if facts is not None else ():
            if fact.target == f"sqlalchemy.orm.{word}" and not fact.for_types and fact.scope in ("", scope):
                return Spelling(fact.name)
        if facts is not None and (facts.bindings(word, scope) or facts.bindings(word)):
            return Refusal("name-taken", f"`{word}` means something else in this file")
        return Spelling(word, (("sqlalchemy.orm", word, ""),))

    def _aliases(self, path: str, scope: str, short: str) -> list[str]:
        """Return the names that imports give to something called like the class."""
        facts = self._project.facts(path)
        return [
            fact.name
            for fact in (facts.imports if facts is not None else ())
            if fact.target.rpartition(".")[2] == short and not fact.for_types and fact.scope in ("", scope)
        ]

    def _is(self, path: str, text: str, scope: str, entity: Entity) -> bool:
        facts = self._project.facts(path)
        fact = facts.find_import(text.partition(".")[0], scope) if facts is not None else None
        if fact is not None and fact.for_types:
            return False
        thing = self._objects.named(path, text, scope)
        found = self._models.entity_of(thing) if thing.what is What.CLASS else None
        return found is not None and found.name == entity.name

    def _imported(self, path: str, scope: str, entity: Entity, short: str, near: str) -> Spelling | Refusal:
        facts = self._project.facts(path)
        bound = facts.find_import(short, scope) if facts is not None else None
        is_for_types = bound is not None and bound.for_types
        if facts is None or (not is_for_types and (facts.bindings(short, scope) or facts.bindings(short))):
            return Refusal("name-taken", f"`{short}` means something else in this file")
        beside = facts.find_import(near, scope) if "." not in near else None
        if beside is not None and not beside.for_types:
            module = beside.target.rpartition(".")[0]
            found = self._objects.imported(f"{module}.{short}", path) if not module.startswith(".") else None
            if found is not None and (own := self._models.entity_of(found)) is not None and own.name == entity.name:
                return Spelling(short, ((module, short, near),))
        if self._reaches(entity.path, path):
            reason = f"importing `{short}` from {entity.path} would close a circle of imports"
            return Refusal("import-cycle", reason)
        if is_for_types:
            return Refusal("name-taken", f"`{short}` is imported for type checkers only")
        module = entity.name.rpartition(".")[0]
        return Spelling(short, ((module, short, ""),))

    def _reaches(self, start: str, goal: str) -> bool:
        """Tell whether importing one file imports another, at any remove."""
        seen, left = {start}, deque([start])
        while left:
            path = left.popleft()
            if path == goal:
                return True
            facts = self._project.facts(path)
            for fact in facts.imports if facts is not None else ():
                if fact.for_types or fact.scope:
                    continue
                for module in (fact.target, fact.target.rpartition(".")[0]):
                    there = self._project.module_path(module, path) if module.strip(".") else None
                    if there is not None and there not in seen:
                        seen.add(there)
                        left.append(there)
        return False
