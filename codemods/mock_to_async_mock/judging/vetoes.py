"""Vetoes: why a plain mock must stay what it is, whatever the real thing wants."""

from __future__ import annotations

from collections.abc import Sequence

from ..following.calls import argument, last_words
from ..following.use import How
from ..following.values import Place, Scope
from ..survey.purposes import RUNNERS, SCHEDULERS
from .court import Court
from .current import Current
from .kinds import Want

_LOOPS = frozenset({"asyncio", "anyio", "trio"})
# Methods of test clients, and others, that run a loop of their own.
_RUNNING = frozenset({"run", "request", "get", "post", "put", "patch", "delete", "websocket_connect"})


def veto(
    court: Court, place: Place, scope: Scope, answers: Sequence[tuple[Scope, str, bool]], want: Want
) -> tuple[str, str] | None:
    """Return the rule and the reason why a plain mock must stay what it is; None where it need not."""
    if any(court.awaitables.is_awaitable(where, term, is_called=called) for where, term, called in answers):
        return "already-awaitable", "what it gives can be awaited already"
    if not place.steps and court.currents.of(place, scope, 0) is Current.SEALED:
        return "sealed", "the mock has the attributes that a list names, and is more than a function"
    if court.testimony.is_compared(place, scope):
        return "sealed", "the test compares what it gives by identity"
    if not answers and not court.testimony.is_looked_at(place):
        if want.handed:
            return (
                "conflicting-evidence",
                f"what {want.handed} does with the coroutine isn't clear, and it is not configured",
            )
        if _runs_no_loop(court, place, scope):
            return "never-awaited", "it is not configured, and the test runs no event loop"
    if place.origin in court.flows.sealed:
        return "sealed", "the mock is sealed or attached to another"
    if want.is_scheduled and (patched := patched_scheduler(court, scope)):
        return "never-awaited", f"the test patches `{patched}`, which would await it"
    for own in (*court.testimony.calls(place), *court.testimony.calls_of_real(place, scope)):
        if own.how is not How.AWAITED and (own.scope == scope or place.scope != scope or not place.steps):
            return (
                "called-synchronously",
                f"the test itself calls it without `await` at {own.scope.path}:{own.line}",
            )
    return None


def _runs_no_loop(court: Court, place: Place, scope: Scope) -> bool:
    """Tell whether a plain test puts a mock at an object of its own and calls nothing that runs coroutines."""
    body = court.world.body(scope)
    if body is None or body.is_async or not scope.qualname.rpartition(".")[2].startswith("test"):
        return False
    words = {word for call in body.calls for word in last_words(call)}
    if words & (SCHEDULERS | _RUNNING):
        return False
    return not any(role.is_target for role in court.roles.of(place))


def patched_scheduler(court: Court, scope: Scope) -> str:
    """Return what a body patches of the functions that run coroutines; empty where it patches none."""
    body = court.world.body(scope)
    for call in body.calls if body else ():
        if call.tag.removeprefix("mocker.") in ("patch", "patch.object", "setattr"):
            said = court.targets.said(scope, call)
            if said.rpartition(".")[2] in SCHEDULERS or said.endswith(RUNNERS):
                return said
            if said == "run" and argument(call, 0, "target").rpartition(".")[2] in _LOOPS:
                return said
    return ""
