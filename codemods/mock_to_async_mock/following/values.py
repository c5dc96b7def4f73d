"""What the term of a body may be, once names, fixtures and patches are followed."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from greenmod.api import Thing

CALLED = "()"
ITEM = "[]"


class Scope(NamedTuple):
    """One body of the repository."""

    path: str
    qualname: str


class Place(NamedTuple):
    """A mock, or what hangs on one: `steps` from the mock that call `number` of `scope` makes or patches in."""

    scope: Scope
    number: int
    steps: tuple[str, ...] = ()

    def at(self, name: str) -> Place:
        """Return what stands at an attribute. `return_value` is what a call gives."""
        return self._replace(steps=(*self.steps, CALLED if name == "return_value" else name))

    @property
    def origin(self) -> Place:
        return self._replace(steps=())

    @property
    def parent(self) -> Place:
        return self._replace(steps=self.steps[:-1])


class Patcher(NamedTuple):
    """What `patch(…)` returns, until it is started or entered."""

    scope: Scope
    number: int


class Real(NamedTuple):
    """Something that is no mock: what it is, and which call of which body made it, if a test did."""

    thing: Thing
    scope: Scope | None = None
    number: int = -1


class Local(NamedTuple):
    """A function or class that a test file defines."""

    scope: Scope


class Self(NamedTuple):
    """The instance that the methods of a class of a test file belong to."""

    scope: Scope


class Datum(NamedTuple):
    """A literal, or a lambda, of a body."""

    scope: Scope
    term: str


Value = Place | Patcher | Real | Local | Self | Datum
NOTHING: frozenset[Value] = frozenset()
#: What says what a term of a body may be.
Evaluation = Callable[[Scope, str], frozenset[Value]]
