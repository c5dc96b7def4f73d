"""How a file writes what it needs: httpx's classes, `LifespanManager`, pytest's marks; and what it stops importing."""

from __future__ import annotations

from typing import NamedTuple

from greenmod.api import FileFacts, ImportFact, Namer

from ..operations import Import


class Spelled(NamedTuple):
    """Text, and the import that it needs, if any."""

    text: str
    imports: tuple[Import, ...] = ()


class NameTaken(Exception):
    """A name that is needed means something else in the file."""


class Spelling:
    """Writes names into one file."""

    def __init__(self, facts: FileFacts, http_module: str) -> None:
        self._facts = facts
        self._namer = Namer(facts)
        self.http_module = http_module

    def http(self, name: str, scope: str, line: int, old: str = "") -> Spelled:
        """Return how httpx's `name` is written instead of `old`, a chain that stands for `TestClient`.

        Raises NameTaken.
        """
        near = self._nested(old, scope)
        if near is not None and near.for_types and (known := self._for_types(f"{self.http_module}.{name}")):
            return Spelled(known.name)
        return self._find(self.http_module, name, self._like(self.http_module, name), scope, line, near)

    def name(self, module: str, name: str, like: str, scope: str, line: int, old: str = "") -> Spelled:
        """Return how `module.name` is written beside `like`, a name of that module, or where `old` was imported.

        Raises NameTaken.
        """
        return self._find(module, name, like, scope, line, self._nested(old, scope))

    def module(self, name: str) -> Spelled:
        """Return how a module is written: as it is imported already, else by its own name. Raises NameTaken."""
        for fact in self._facts.imports:
            is_seen = not fact.scope and not fact.for_types and self._facts.bindings(fact.name) == (name,)
            if fact.target == name and is_seen:
                return Spelled(fact.name)
        if self._facts.bindings(name):
            raise NameTaken(name)
        return Spelled(name, (Import(name),))

    def is_free(self, name: str, scope: str) -> bool:
        """Tell whether a function may give a name a meaning, as far as it and those around it bind it."""
        while scope:
            if name in self._facts.names.get(scope, {}):
                return False
            scope = scope.rpartition(".")[0]
        return True

    def dropped(self, chain: str, scope: str) -> tuple[tuple[str, str], ...]:
        """Return the import of a name that isn't needed any more; nothing where it isn't a plain one."""
        fact = self._facts.find_import(chain.partition(".")[0], scope)
        if fact is None or fact.target.startswith("."):
            return ()
        module, _, name = fact.target.rpartition(".")
        if "." not in chain or (module and fact.name == name):
            return ((module, name),)
        if fact.name != fact.target:  # `import a.b as c` or `from a import b as c`
            return ((module, name), (fact.target, "")) if module else ((fact.target, ""),)
        return tuple(dict.fromkeys(((fact.target, ""), (chain.rpartition(".")[0], ""))))  # `import a` or `import a.b`

    def _like(self, module: str, name: str) -> str:
        """Return how a file that imports the module itself, and not the name, would write it."""
        if any(fact.target == f"{module}.{name}" for fact in self._facts.imports):
            return name
        return next(
            (f"{fact.name}.{name}" for fact in self._facts.imports if fact.target == module and not fact.scope), name
        )

    def _nested(self, old: str, scope: str) -> ImportFact | None:
        """Return the import that a chain begins with, where that stands in a function or is for type checkers."""
        fact = self._facts.find_import(old.partition(".")[0], scope) if old else None
        return fact if fact is not None and (fact.scope or fact.for_types) else None

    def _for_types(self, target: str) -> ImportFact | None:
        """Return the import of a name for type checkers, which is enough for an annotation that only they read."""
        return next((fact for fact in self._facts.imports if fact.target == target and fact.for_types), None)

    def _find(self, module: str, name: str, like: str, scope: str, line: int, near: ImportFact | None) -> Spelled:
        naming = self._namer.find(module, name, like, scope, line)
        if naming is None:
            raise NameTaken(name)
        if not naming.module:
            return Spelled(naming.text)
        beside = naming.beside or (near.name if near is not None else None)
        fact = self._facts.find_import(beside, scope) if beside else None
        return Spelled(naming.text, (Import(naming.module, name, beside, fact.line if fact is not None else 0),))
