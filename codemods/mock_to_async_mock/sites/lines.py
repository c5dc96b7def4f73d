"""Lines that no test mentions: only a failing test gives leave to write them."""

from __future__ import annotations

from collections.abc import Sequence

from ..following.values import CALLED, Place, Scope
from ..judging.kinds import Kind
from ..judging.needs import Need
from ..judging.spelling import spell
from ..operations import At, Insert
from ..survey.rows import Body
from .bench import Bench, Site, names_of
from .spots import after_creation, name_in


def insert_line(bench: Bench, need: Need) -> None:
    """Write the line that a failing test asks for, where its mock has a name."""
    place, text = need.place, ""
    scope = need.test
    for where in dict.fromkeys((need.test, place.scope)):
        if where.path == bench.path and (name := name_in(bench.court, place.origin, where)):
            scope, text = where, name
            break
    body = bench.court.world.body(scope)
    steps = place.steps
    if need.want.kind is Kind.PLAIN and len(steps) > 1 and steps[-2] == CALLED:
        steps = steps[:-1]  # what the coroutine function gives is to be plain, and all that is on it
    said = f"`{'.'.join(_segments(text or 'the mock', steps))}`"
    site = Site(scope, body.first if body else (1, 0), said)
    if not text or body is None or not steps:
        bench.skip(site, "needs-evidence", f"{need.want.why[0]}; the mock has no name where a line could mend it")
        return
    written = ".".join(_segments(text, steps))
    name = "AsyncMock" if need.want.kind is Kind.COROUTINE else bench.plain_name(scope, body)
    if need.want.kind in (Kind.CONTEXT, Kind.ITERATOR):
        name = "MagicMock"
    spelled = spell(bench.facts, scope.qualname, name, names_of(body))
    at = _line_for(bench, place.origin, steps, scope, body)
    if spelled is None or at is None:
        return
    value, imports = f"{spelled.text}()", spelled.imports
    if need.want.kind is Kind.COROUTINE and bench.court.production.has_plain_result(place):
        plain = spell(bench.facts, scope.qualname, "MagicMock", names_of(body))
        if plain is not None:
            value, imports = f"{spelled.text}(return_value={plain.text}())", (*imports, *plain.imports)
    kind = "an AsyncMock" if name == "AsyncMock" else f"a {name}"
    bench.add(site, at, Insert(f"{written} = {value}"), f"Make `{written}` {kind}", need.want.why, imports)


def _line_for(bench: Bench, origin: Place, steps: tuple[str, ...], scope: Scope, body: Body) -> At | None:
    """Return the statement before which a place is assigned: the first that configures it, else after the mock."""
    found = [
        store
        for place, stores in bench.court.evaluator.stores(scope).items()
        if place.origin == origin and place.steps[: len(steps)] == steps
        for store in stores
    ]
    if found:
        return min(found, key=lambda store: store.seq).anchor
    return after_creation(bench.court, origin, scope, body)


def _segments(name: str, steps: Sequence[str]) -> tuple[str, ...]:
    return (name, *("return_value" if step == CALLED else step for step in steps))
