"""What `__all__` of a module holds, as long as it is spelled out."""

from __future__ import annotations

import ast


class Exports:
    """The names that a module puts into `__all__`."""

    def __init__(self) -> None:
        self._names: list[str] | None = []
        self._is_assigned = False

    def assign(self, value: ast.expr) -> None:
        """Read `__all__ = value`."""
        self._is_assigned = True
        self.add(value)

    def add(self, value: ast.expr) -> None:
        """Add to `__all__`, or give it up where it isn't spelled out."""
        if self._names is None:
            return
        if isinstance(value, ast.List | ast.Tuple) and all(
            isinstance(each, ast.Constant) and isinstance(each.value, str) for each in value.elts
        ):
            self._names += [each.value for each in value.elts if isinstance(each, ast.Constant)]  # type: ignore[misc]
        else:
            self._names = None

    def give_up(self) -> None:
        """Know no longer what it holds: it is changed in another way."""
        self._names = None

    def result(self) -> tuple[str, ...] | None:
        """Return the names; None where there is no `__all__`, or where nobody knows."""
        return tuple(self._names) if self._is_assigned and self._names is not None else None
