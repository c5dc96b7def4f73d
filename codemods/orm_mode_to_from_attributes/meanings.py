"""What a name that reads settings stands for, as far as its function says so: `self`, and `config = self.Config`."""

from __future__ import annotations

from collections import defaultdict

from greenmod.api import FileFacts


class Meanings:
    """Follows names of one file as far as that is certain. Assignments are noted in the order in which they stand."""

    def __init__(self, facts: FileFacts) -> None:
        self._facts = facts
        self._assigned: dict[tuple[str, str], set[str]] = defaultdict(set)

    def note(self, name: str, scope: str, value: str) -> None:
        """Remember that `name` was assigned a dotted `value`; empty for any other expression."""
        self._assigned[scope, name].add(value)

    def of(self, name: str, scope: str) -> tuple[str, str]:
        """Return what a dotted name stands for, and `self` where an heir of that class may be meant."""
        values = self._assigned.get((scope, name), set())
        if len(values) == 1 and name not in self._parameters(scope):
            name = next(iter(values)) or name
        first, dot, rest = name.partition(".")
        owner = self._class_around(scope) if first in ("self", "cls") else ""
        return (f"{owner}{dot}{rest}", "self") if owner else (name, "")

    def _parameters(self, scope: str) -> tuple[str, ...]:
        return next((fact.parameters for fact in self._facts.functions if fact.qualname == scope), ())

    def _class_around(self, scope: str) -> str:
        while scope and self._facts.find_class(scope) is None:
            scope = scope.rpartition(".")[0]
        return scope
