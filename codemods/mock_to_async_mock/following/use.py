"""One use: a call that a body makes, from the name at which it begins, and what becomes of the result."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from typing import NamedTuple

from ..survey.purposes import RUNNERS
from ..survey.rows import Body, Call
from .values import CALLED

_STEPS = 12


class How(str, Enum):
    """What becomes of what a call gives."""

    AWAITED = "awaited"
    ENTERED = "entered with `async with`"
    ITERATED = "looped over with `async for`"
    PLAIN = "used without `await`"
    HANDED_BACK = "returned by a plain function"
    INSPECTED = "inspected"  # asked whether it can be awaited
    UNCLEAR = "unclear"

    __hash__ = str.__hash__  # that of an Enum takes far longer


_AWAITED = frozenset({"await", "scheduled"})
_UNCLEAR = frozenset(
    {"assigned", "argument", "return", "item", "returned by lambda", "yield", "stored", "other", "called"}
)


class Use(NamedTuple):
    """A call in production code: the steps to what is called, how its result is used, and where."""

    steps: tuple[str, ...]
    how: How
    path: str
    line: int
    is_scheduled: bool = False  # awaited by what it is handed to, and not by `await`
    function: str = ""  # the qualified name of what does it
    handed_to: str = ""  # the last name of the function that gets the result; all of one such as `asyncio.run`
    is_kept: bool = False  # under a name, or on an object, before anything awaits it
    is_far: bool = False  # it may have nothing to do with the test: evidence, but none to be shown

    @property
    def place(self) -> str:
        return f"{self.path}:{self.line}"


def uses_of(path: str, body: Body) -> Iterator[tuple[str, Use]]:
    """Yield each use in a body with the name that it begins at."""
    takers = _takers(body)
    for number, call in enumerate(body.calls):
        how, hows = how_of_call(body, call), call.hows.split(",")
        # Once it is awaited, the notes are of what that gave.
        is_open = "await" not in hows
        scheduled, kept = is_open and "scheduled" in hows, is_open and bool({"assigned", "stored"} & {*hows})
        taker = takers.get(number, "") if is_open else ""
        for root, steps in chains(body, call.callee):
            yield root, Use(steps, how, path, call.at[0], scheduled, body.qualname, taker, kept)
    for touch in body.touches:
        for root, steps in chains(body, touch.term):
            how = how_of((touch.how,))
            if how is not How.UNCLEAR:
                # Not called: `await x.task`, `async with x.lock`.
                yield root, Use((*steps, touch.how), how, path, touch.line)


def _takers(body: Body) -> Mapping[int, str]:
    """Return the functions that are given what calls of a body give, by the numbers of those calls."""
    found: dict[int, str] = {}
    for call in body.calls:
        for _, term in call.arguments:
            for part in term.lstrip("*").split("|") if "#" in term else ():
                if part.startswith("#") and part[1:].isdigit():
                    name = call.callee if call.callee in RUNNERS else call.callee.rpartition(".")[2]
                    found.setdefault(int(part[1:]), name)
    return found


def chains(body: Body, term: str, depth: int = 0) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield a term's alternatives as a name and the steps from there, calls of this body written out."""
    for part in term.split("|"):
        root, steps = _split(part)
        if root.startswith("#"):
            if depth < _STEPS:
                for name, before in chains(body, body.calls[int(root[1:])].callee, depth + 1):
                    yield name, (*before, CALLED, *steps)
        elif root and root[0] not in "=\\?":
            yield root, steps


def _split(term: str) -> tuple[str, tuple[str, ...]]:
    """Split a term at its dots, calls and items being steps of their own."""
    parts = term.replace("()", ".()").replace("[]", ".[]").split(".")
    return parts[0], tuple(parts[1:])


def how_of_call(body: Body, call: Call) -> How:
    """Return what becomes of what a call in a body gives."""
    how = how_of(call.hows.split(","))
    if how is How.UNCLEAR and not body.is_async and "return" in call.hows:
        return How.HANDED_BACK
    return how


def how_of(hows: Iterable[str]) -> How:
    """Return what several notes about one result come to; what is sure outweighs what isn't."""
    found = {*hows} - {""}
    if "inspected" in found:
        return How.INSPECTED
    if found & _AWAITED:
        return How.AWAITED
    if "async with" in found:
        return How.ENTERED
    if "async for" in found:
        return How.ITERATED
    return How.PLAIN if found - _UNCLEAR else How.UNCLEAR
