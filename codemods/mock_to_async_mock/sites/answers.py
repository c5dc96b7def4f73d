"""What mocks are told to return where production code says `async for` or `async with`."""

from __future__ import annotations

import builtins
from collections.abc import Sequence

from ..following.values import Datum, Scope
from ..judging.court import Court
from ..judging.kinds import Kind

_BUILTINS = frozenset(dir(builtins)) - {"aiter", "anext"}
_UNFIT = {
    Kind.ITERATOR: ("async-iterator", "`async for` can't loop over what it returns"),
    Kind.CONTEXT: ("async-context", "`async with` can't enter what it returns"),
}


def unfit_answer(court: Court, kind: Kind, answers: Sequence[tuple[Scope, str, bool]]) -> tuple[str, str] | None:
    """Return the rule and the reason why a mock would still fail if it were a plain one; None where it would not."""
    returned = [(where, term) for where, term, is_called in answers if not is_called]
    if kind in _UNFIT and any(_is_plain_value(court, *each) for each in returned):
        return _UNFIT[kind]
    return None


def _is_plain_value(court: Court, scope: Scope, term: str) -> bool:
    """Tell whether a term is a value that is written out, or what a built-in function gives."""
    if term.startswith("#") and term[1:].isdigit():
        return court.world.call(scope, int(term[1:])).callee in _BUILTINS
    values = [value for value in court.evaluator.values(scope, term) if isinstance(value, Datum)]
    return any(court.evaluator.literal(value) is not None for value in values)
