"""Futures that a mock is told to return, and that an AsyncMock wraps once more."""

from __future__ import annotations

from collections.abc import Iterable

from ..following.calls import new_of
from ..following.values import CALLED, Place, Scope
from ..judging.current import Current
from ..judging.kinds import Kind, Want
from ..judging.spelling import home_of
from ..operations import Answer, At, Remove, Value
from ..survey.rows import Body, Call, Store
from .async_children import judge_iterated
from .bench import Bench, Site
from .spots import spot_of


def judge_argument(bench: Bench, scope: Scope, body: Body, call: Call) -> None:
    """Judge a future that `patch` is told to return, which an AsyncMock has its caller await twice."""
    term = dict(call.keywords).get("return_value", "")
    if not term or not bench.court.awaitables.is_awaitable(scope, term, is_called=False):
        return
    mock = Place(scope, body.calls.index(call))
    want = bench.court.want(mock)
    if want.kind is not Kind.COROUTINE or bench.court.currents.of(mock, scope, 0) is not Current.ASYNC:
        return
    result = _result_of(body, term)
    site = Site(scope, call.start, f"`{bench.court.targets.said(scope, call).rpartition('.')[2]}`")
    if bench.court.production.is_awaited_twice(mock):
        return
    if result is None or result.seq > call.seq or result.callee.endswith(".set_exception"):
        bench.skip(site, "already-awaitable", "what it gives can be awaited already")
        return
    text = _text_at(bench, result.spots[0], result.spots[1])
    name = next((name for name, bound in body.bindings.items() if bound == term), "")
    if not name:
        return
    title = f"Have {site.said} give the result, which an AsyncMock wraps itself"
    group = f"{scope.qualname}:{call.start[0]}"
    bench.add(site, spot_of(call, term), Value(text, name), title, want.why, group=group)
    _drop_future(bench, site, body, term, title, want, group)


def judge_answers(bench: Bench, scope: Scope, body: Body) -> None:
    """Judge futures that a mock is told to return: an AsyncMock has its caller await twice."""
    for place, stores in sorted(bench.court.evaluator.stores(scope).items()):
        if len(place.steps) == 1 and place.steps[0] == CALLED:
            mock = place.parent
            want = bench.court.want(mock)
            if want.kind is Kind.ITERATOR and bench.court.currents.of(mock, scope, 0) is Current.PLAIN:
                judge_iterated(bench, Site(scope, stores[0].at, f"`{stores[0].text}`"), mock, stores, want)
            for store in stores:
                _judge_answer(bench, scope, body, mock, store)


def _judge_answer(bench: Bench, scope: Scope, body: Body, mock: Place, store: Store) -> None:
    call = bench.court.world.call(mock.scope, mock.number)
    if not call.tag.removeprefix("mocker.").startswith("patch") or new_of(call):
        return
    want = bench.court.want(mock)
    current = bench.court.currents.of(mock, scope, 0)
    if want.kind is not Kind.COROUTINE or not bench.court.awaitables.is_awaitable(scope, store.value, is_called=False):
        return
    site = Site(scope, store.at, f"`{store.text}`")
    result = _result_of(body, store.value)
    if bench.court.production.is_awaited_twice(mock):
        return
    if current is Current.PLAIN:
        return
    if current is not Current.ASYNC or result is None or result.seq > store.seq or not store.is_alone:
        bench.skip(site, "already-awaitable", "what it gives can be awaited already")
        return
    text = _text_at(bench, result.spots[0], result.spots[1])
    attr = "side_effect" if result.callee.endswith(".set_exception") else "return_value"
    title = f"Have {site.said} give the result, which an AsyncMock wraps itself"
    group = f"{scope.qualname}:{store.at[0]}"
    bench.add(site, store.at, Answer(attr, text), title, want.why, group=group)
    _drop_future(bench, site, body, store.value, title, want, group)


def _drop_future(bench: Bench, site: Site, body: Body, future: str, title: str, want: Want, group: str) -> None:
    """Remove the statements that make a future, if nothing else speaks of it."""
    made = body.calls[int(future[1:])]
    home = home_of(bench.facts, made.callee.partition(".")[0], site.scope.qualname)
    drops: tuple[tuple[str, str], ...] = ()
    if home is not None:
        drops = (home,) if "." not in made.callee else ((f"{home[0]}.{home[1]}".lstrip("."), ""),)
    for statement in _leftovers(body, future):
        bench.add(site, statement, Remove(), title, want.why, drops=drops, group=group)


def _result_of(body: Body, future: str) -> Call | None:
    """Return the call that gives a future its result, if there is exactly one; None for what isn't followed."""
    found = [call for call in body.calls if call.callee in (f"{future}.set_result", f"{future}.set_exception")]
    return found[0] if len(found) == 1 and len(found[0].args) == 1 and not found[0].where else None


def _leftovers(body: Body, future: str) -> tuple[At, ...]:
    """Return the statements that make a future and give it its result, if nothing else speaks of it."""
    names = [name for name, term in body.bindings.items() if term == future]
    uses = [call for call in body.calls if future in _roots((call.callee, *call.args, *dict(call.keywords).values()))]
    stores = [store for store in body.stores if future in _roots((store.base, store.value, store.key))]
    made = body.calls[int(future[1:])]
    handed = [call for call in uses if future in _roots((*call.args, *dict(call.keywords).values()))]
    if (
        len(names) != 1
        or len(uses) - len(handed) != 1
        or len(stores) + len(handed) != 1
        or future in _roots(body.returned)
    ):
        return ()
    result = next(call for call in uses if call not in handed)
    return made.anchor, result.anchor


def _roots(terms: Iterable[str]) -> set[str]:
    return {part.partition(".")[0] for term in terms for part in term.split("|")}


def _text_at(bench: Bench, start: At, end: At) -> str:
    """Return the source text between two positions of the file; columns count UTF-8 bytes."""
    lines = (bench.court.world.project.read(bench.path) or "").encode().split(b"\n")[start[0] - 1 : end[0]]
    lines[-1] = lines[-1][: end[1]]
    lines[0] = lines[0][start[1] :]
    return b"\n".join(lines).decode()
