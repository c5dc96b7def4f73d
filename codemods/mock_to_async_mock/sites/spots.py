"""Spots: where in a file an edit can stand, and under which name it reaches a mock there."""

from __future__ import annotations

from collections.abc import Sequence

from ..following.values import Place, Scope
from ..judging.court import Court
from ..operations import At
from ..survey.rows import Body, Call, Store
from .bench import CONFIGS, Bench


def spot_of(call: Call, term: str) -> At:
    """Return where a term stands that a call is given; the last of several that are alike."""
    terms = [*call.args, *(value for _, value in call.keywords)]
    return call.spots[len(terms) - 1 - terms[::-1].index(term)]


def is_assignable(bench: Bench, child: Place, stores: Sequence[Store], text: str) -> bool:
    """Tell whether the first statement that configures a child can become the assignment of a mock."""
    first = stores[0]
    if not (first.attr in CONFIGS and first.is_alone and first.text == text):
        return False
    if not set(first.where) & {"b", "l"} or ("l" not in first.where and len(stores) == 1):
        return True
    made = bench.court.world.call(child.scope, child.number)
    return made.where == first.where and made.anchor == first.anchor


def after_creation(court: Court, place: Place, scope: Scope, body: Body) -> At | None:
    """Return the statement that follows the creation of a mock in a body."""
    made = court.world.call(place.scope, place.number)
    if place.scope != scope or made.where == "d":
        return body.first
    return next((anchor for anchor in body.anchors if anchor > made.anchor), None)


def name_in(court: Court, place: Place, scope: Scope) -> str:
    """Return a name of a body that stands for a mock and nothing else; empty where there is none."""
    body = court.world.body(scope)
    names = [*(each.name for each in body.parameters), *body.bindings] if body else []
    for name in names:
        term = body.bindings.get(name, name) if body else name
        if court.evaluator.values(scope, term) == {place}:
            return name
    return ""
