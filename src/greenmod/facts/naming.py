"""How to write a name of another module in a file: through what is imported there, else by one more import.

Reads facts and nothing else. It remembers what it promised, so that one name never gets two meanings.
"""

from __future__ import annotations

from dataclasses import dataclass

from greenmod.facts.record import MODULE, FileFacts, ImportFact


@dataclass(frozen=True, slots=True)
class Naming:
    """What to write. Without a `module` nothing has to be imported; `beside` is as in `need_import`."""

    text: str
    module: str = ""
    beside: str | None = None


class Namer:
    """Finds names for one file."""

    def __init__(self, facts: FileFacts) -> None:
        self._facts = facts
        self._promised: dict[tuple[str, str], str] = {}

    def find(self, module: str, name: str, like: str, scope: str, line: int) -> Naming | None:
        """Return how to write `module.name` at a place; None where the name means something else there.

        `like` is a name that stands there already (`AsyncClient`, `httpx.AsyncClient`): the new one is written alike.
        """
        prefix = like.rpartition(".")[0]
        if prefix and module in self._facts.qualified_names(prefix, scope):
            return Naming(f"{prefix}.{name}")
        fact = self._facts.find_import(like, scope)
        beside = fact if fact is not None and fact.target.rpartition(".")[0] == module else None
        home = beside.scope if beside else MODULE
        wanted = f"{module}.{name}"
        for known in self._facts.imports:
            is_near = home == MODULE or known.scope == home or known.scope.startswith(f"{home}.")
            if known.target == wanted and is_near and self._is_seen(known, scope, line):
                return Naming(known.name)
        if self._is_taken(wanted, name, scope, line) or self._promised.setdefault((home, name), module) != module:
            return None
        return Naming(name, module, like if beside else None)

    def _is_seen(self, fact: ImportFact, scope: str, line: int) -> bool:
        """Tell whether a name means nothing but this import at the place, and is bound by then."""
        return (
            self._facts.bindings(fact.name, scope) == (fact.target,)
            and self._facts.find_import(fact.name, scope) == fact
            and not fact.for_types
            and (fact.scope != scope or fact.line <= line)
        )

    def _is_taken(self, wanted: str, name: str, scope: str, line: int) -> bool:
        fact = self._facts.find_import(name, scope)
        is_same = fact is not None and fact.target == wanted and self._is_seen(fact, scope, line)
        return bool(self._facts.bindings(name, scope)) and not is_same
