"""Vetoes: why a plain mock must stay what it is, whatever the real thing wants."""

from __future__ import annotations

from collections.abc import Sequence

from ..following.calls import last_words
from ..following.use import How, Use
from ..following.values import Place, Scope
from ..survey.purposes import SCHEDULERS
from .consumers import held_at, replaced_consumer
from .court import Court
from .current import Current
from .kinds import Want

# Methods of test clients, and others, that run a loop of their own.
_RUNNING = frozenset({"run", "request", "get", "post", "put", "patch", "delete", "websocket_connect"})
_AWAITING = frozenset({"await", "async with", "async for"})


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
    uses = court.uses_of(court.roles.of(place))
    if _always_raises(court, answers) and (against := _of_raising(court, scope, uses)):
        return against
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
    if replaced := replaced_consumer(court, uses, scope):
        return "never-awaited", f"the test replaces `{replaced}`, which would await it"
    for own in (*court.testimony.calls(place), *court.testimony.calls_of_real(place, scope)):
        if own.how is not How.AWAITED and (own.scope == scope or place.scope != scope or not place.steps):
            return (
                "called-synchronously",
                f"the test itself calls it without `await` at {own.scope.path}:{own.line}",
            )
    return None


def _of_raising(court: Court, scope: Scope, uses: Sequence[Use]) -> tuple[str, str] | None:
    """Return why a mock must stay plain that raises when it is called: an AsyncMock raises when it is awaited."""
    if not _may_run_coroutines(court, scope):
        return "never-awaited", "it is told to raise when it is called, and the test awaits nothing"
    if held := held_at(uses):
        return "conflicting-evidence", f"{held} doesn't await it at once, and would meet the exception later"
    return None


def _runs_no_loop(court: Court, place: Place, scope: Scope) -> bool:
    """Tell whether a plain test puts a mock at an object of its own and calls nothing that runs coroutines."""
    body = court.world.body(scope)
    if body is None or body.is_async or _may_run_coroutines(court, scope):
        return False
    return not any(role.is_target for role in court.roles.of(place))


def _may_run_coroutines(court: Court, scope: Scope) -> bool:
    """Tell whether a body awaits something, or calls what runs coroutines; what is no test may be called by one."""
    body = court.world.body(scope)
    if body is None or not scope.qualname.rpartition(".")[2].startswith("test"):
        return True
    words = {word for call in body.calls for word in last_words(call)}
    hows = {how for call in body.calls for how in call.hows.split(",")} | {touch.how for touch in body.touches}
    return bool(words & (SCHEDULERS | _RUNNING) or hows & _AWAITING)


def _always_raises(court: Court, answers: Sequence[tuple[Scope, str, bool]]) -> bool:
    """Tell whether a mock is told to raise an exception, and nothing else."""
    effects = [(where, term) for where, term, is_called in answers if is_called]
    return bool(effects) and all(_is_exception(court, *effect) for effect in effects)


def _is_exception(court: Court, scope: Scope, term: str) -> bool:
    """Tell whether a term is an exception, or a class of them: what else has a class's name is no side effect."""
    if term.startswith("#") and term[1:].isdigit():
        call = court.world.call(scope, int(term[1:]))
        term = "" if call.tag else call.callee
    return term.rpartition(".")[2][:1].isupper()
