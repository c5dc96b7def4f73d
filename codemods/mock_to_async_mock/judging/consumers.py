"""What would await the results of a mock, by being handed them, and whether a test puts something in its place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..following.calls import argument, new_of
from ..following.use import How, Use
from ..following.values import Scope
from ..survey.purposes import RUNNERS, SCHEDULERS
from ..survey.rows import Call
from .court import Court

_MODULES = frozenset({"asyncio", "anyio", "trio", "uvloop"})
# Where the methods are found that run coroutines.
_LOOPS = _MODULES | {"loop", "get_event_loop", "new_event_loop", "get_running_loop"}
# What awaits, or runs to its end, what it is handed before it returns itself.
_AT_ONCE = frozenset({"gather", "wait_for", "shield", "run_until_complete", *RUNNERS})


def replaced_consumer(court: Court, uses: Sequence[Use], scope: Scope) -> str:
    """Return what a test replaces, where all that would await the results is replaced; empty where it isn't."""
    asking = [use for use in uses if use.how is How.AWAITED or use.handed_to]
    names = {*_replaced(court, scope)} if asking else set()
    consumers = [_consumer(use, names) for use in asking]
    return consumers[0] if consumers and all(consumers) else ""


def held_at(uses: Sequence[Use]) -> str:
    """Return where a result is kept, or made a task, before it is awaited; empty where all are awaited at once."""
    found = (use for use in uses if use.is_kept or use.handed_to not in {"", *_AT_ONCE})
    return next((use.place for use in found if use.how in (How.AWAITED, How.UNCLEAR)), "")


def _consumer(use: Use, names: set[str]) -> str:
    """Return what is replaced of that which gets the result of a use; empty where something awaits it itself."""
    if use.how is How.AWAITED and not use.is_scheduled:
        return ""
    if not use.handed_to:  # an item of many
        return min(names & SCHEDULERS, default="")
    return use.handed_to if use.handed_to in names else ""


def _replaced(court: Court, scope: Scope) -> Iterator[str]:
    """Yield the names of functions, among them those that run coroutines, that are replaced while a body runs."""
    for where in court.world.running_with(scope):
        body = court.world.body(where)
        for call in body.calls if body else ():
            if call.tag.removeprefix("mocker.") in ("patch", "patch.object", "setattr"):
                yield from _patched(court, where, call)
        for store in body.stores if body else ():
            if store.attr != "[]" and court.evaluator.places(where, store.value):
                yield store.attr


def _patched(court: Court, scope: Scope, call: Call) -> Iterator[str]:
    said = court.targets.said(scope, call)
    name = said.rpartition(".")[2]
    owner = said.rpartition(".")[0] or argument(call, 0, "target")
    if name in _LOOPS:
        yield from (*SCHEDULERS, *RUNNERS)
    elif name == "run" and owner.rpartition(".")[2] in _MODULES:
        yield from RUNNERS
    else:
        new = new_of(call) if not call.tag.endswith("setattr") else call.args[-1] if call.args else ""
        if name in SCHEDULERS or not new or court.evaluator.places(scope, new):
            yield name
