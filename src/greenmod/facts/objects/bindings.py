"""What names are bound to while a module is read, without what can't be there any more once it has run.

f = 1        goes: `f` is bound again in the same block
if a:
    f = 2    goes: and bound again in the block around it
f = 3        stays
if b:
    f = 4    stays

In a function each binding stays: its names are asked for halfway as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from greenmod.facts.objects.declarations import ANEW, FOR_TYPES, VALUE, Bound, Names

_Block = tuple[int, ...]  # the numbers of a block and of those around it, outermost first


class Bindings:
    """The names of each scope; the module's own under the empty string."""

    def __init__(self) -> None:
        self._names: dict[str, dict[str, list[Bound]]] = {"": {}}
        self._block: _Block = ()
        self._blocks = 0
        self._passing: dict[tuple[str, str], list[tuple[_Block, Bound]]] = {}

    def open(self, scope: str) -> None:
        self._names.setdefault(scope, {})

    @contextmanager
    def branch(self) -> Iterator[None]:
        """Enter a block that may be left out."""
        outer = self._block
        self._blocks += 1
        self._block = (*outer, self._blocks)
        yield
        self._block = outer

    def has(self, scope: str, name: str) -> bool:
        return name in self._names[scope]

    def add(self, scope: str, name: str, bound: Bound) -> None:
        """Bind a name that may be anything it is bound to."""
        self._names[scope].setdefault(name, []).append(bound)

    def put(self, scope: str, name: str, bound: Bound, *, is_aside: bool = False) -> None:
        """Bind a name of a module or a class; one that is aside (the setter of a property) undoes nothing."""
        bounds = self._names[scope].setdefault(name, [])
        passing = self._passing.setdefault((scope, name), [])
        if passing and not is_aside and _undoes(bound):
            here = self._block
            gone = [(block, other) for block, other in passing if block[: len(here)] == here]
            for each in gone:
                bounds.remove(each[1])
                passing.remove(each)
        bounds.append(bound)
        if not is_aside and not bound.annotation and bound.note != FOR_TYPES:
            passing.append((self._block, bound))

    def frozen(self) -> dict[str, Names]:
        return frozen(self._names)


def frozen(names: dict[str, dict[str, list[Bound]]]) -> dict[str, Names]:
    return {scope: {name: tuple(bounds) for name, bounds in found.items()} for scope, found in names.items()}


def _undoes(bound: Bound) -> bool:
    """Tell whether nothing of what a name was before is left: `x: int` binds nothing, and `x = None` waits for more."""
    is_value = bound.text not in ("", "None", "...") or not (bound.annotation or bound.text)
    return bound.kind != ANEW and (bound.kind != VALUE or is_value)
