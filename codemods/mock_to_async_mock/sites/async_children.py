"""Configured children that are AsyncMocks because their parents are, and what `async for` loops over."""

from __future__ import annotations

from collections.abc import Sequence

from ..following.values import CALLED, Datum, Place, Scope
from ..judging.kinds import Kind, Want
from ..judging.spelling import spell
from ..operations import Assign, Deepen, Insert
from ..survey.rows import Body, Store
from .answers import unfit_answer
from .bench import Bench, Site, names_of
from .spots import is_assignable


def judge_async_child(
    bench: Bench, site: Site, body: Body, child: Place, stores: Sequence[Store], want: Want, text: str
) -> bool:
    """Judge a configured child that is an AsyncMock because its parent is one."""
    first = stores[0]
    if want.kind not in (Kind.CONTEXT, Kind.ITERATOR) or not text:
        if want.kind is Kind.PLAIN and want.is_sure and text:
            return _make_plain(bench, site, body, child, stores, want)
        bench.leave(site, want, is_right=want.kind is Kind.COROUTINE)
        return False
    lists = [each.value for each in stores if _is_list_answer(bench, child, each, site.scope)]
    told = bench.court.testimony.configured(child, site.scope)
    if unfit := unfit_answer(bench.court, want.kind, [each for each in told if each[1] not in lists]):
        bench.skip(site, unfit[0], f"{unfit[1]}: {want.why[-1]}")
        return False
    plain_name = "MagicMock"
    spelled = spell(bench.facts, site.scope.qualname, plain_name, names_of(body))
    if spelled is None or set(first.where) & {"b", "l"}:
        return False
    group = f"{site.scope.qualname}:{first.at[0]}"
    line = Insert(f"{text} = {spelled.text}()")
    title = f"Make `{text}` a MagicMock"
    bench.add(site, first.at, line, title, want.why, spelled.imports, group=group)
    if want.kind is Kind.ITERATOR:
        for store in stores:
            if _is_list_answer(bench, child, store, site.scope):
                bench.add(site, store.at, Deepen("__aiter__.return_value"), title, want.why, group=group)
    return True


def _make_plain(bench: Bench, site: Site, body: Body, child: Place, stores: Sequence[Store], want: Want) -> bool:
    """Make a configured child of an AsyncMock plain, as the real one is."""
    if child in bench.needs.found:
        return False  # the line is written for the failing test
    text, name = site.said.strip("`"), bench.plain_name(site.scope, body)
    if any(child._replace(steps=child.steps[:count]) in bench.doubted for count in range(len(child.steps))):
        return False
    if bench.court.testimony.is_looked_at(child):
        return False
    if CALLED in child.steps:
        bench.doubted.add(child.parent)
        parent = text.rpartition(".")[0]
        reason = f"it belongs to what a coroutine function gives: `{parent} = {name}()` may have to stand before it"
        bench.skip(site, "needs-evidence", reason)
        return False
    answers = bench.court.testimony.configured(child, site.scope)
    if any(bench.court.awaitables.is_awaitable(*each[:2], is_called=each[2]) for each in answers):
        return False
    spelled = spell(bench.facts, site.scope.qualname, name, names_of(body))
    if spelled is None or not is_assignable(bench, child, stores, text):
        bench.doubted.add(child)
        bench.skip(site, "needs-evidence", f"`{text} = {name}()` may be missing")
        return False
    bench.add(site, stores[0].at, Assign(spelled.text), f"Make `{text}` a {name}", want.why, spelled.imports)
    return True


def judge_iterated(bench: Bench, site: Site, child: Place, stores: Sequence[Store], want: Want) -> bool:
    """Have what `async for` loops over give the items that it was to return."""
    answers = [store for store in stores if _is_list_answer(bench, child, store, site.scope)]
    if not answers or _has_side_effect(bench, child, site.scope):
        return False
    if kept := bench.court.kept_at(child):
        reason = f"{want.why[-1]}, but what {kept} does with the result isn't clear"
        bench.skip(site._replace(at=answers[0].at), "conflicting-evidence", reason)
        return False
    group = f"{site.scope.qualname}:{stores[0].at[0]}"
    for store in answers:
        title = f"Have `async for` loop over what {site.said} gives"
        bench.add(site, store.at, Deepen("__aiter__.return_value"), title, want.why, group=group)
    return True


def _has_side_effect(bench: Bench, child: Place, scope: Scope) -> bool:
    """Tell whether a mock has a side effect, beside which nothing asks what it returns."""
    call = bench.court.world.call(child.scope, child.number)
    is_given = not child.steps and "side_effect" in dict(call.keywords)
    return is_given or any(is_called for _, _, is_called in bench.court.testimony.configured(child, scope))


def _is_list_answer(bench: Bench, child: Place, store: Store, scope: Scope) -> bool:
    if store.attr != "return_value" or child not in bench.court.evaluator.places(scope, store.base):
        return False
    values = bench.court.evaluator.values(scope, store.value)
    literals = [bench.court.evaluator.literal(value) for value in values if isinstance(value, Datum)]
    return bool(literals) and all(each is not None and each.kind in ("list", "tuple") for each in literals)
