"""Children of mocks that are configured: `svc.m.return_value = …`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from ..following.values import CALLED, Place, Scope
from ..judging.current import Current
from ..judging.kinds import NOTHING, Kind
from ..judging.spelling import spell
from ..judging.vetoes import veto
from ..operations import Assign, At, Insert
from ..survey.rows import Body, Store
from .async_children import judge_async_child, judge_iterated
from .bench import Bench, Site, names_of
from .futures import judge_answers
from .spots import after_creation, is_assignable, name_in

_JUDGED = (Current.PLAIN, Current.ASYNC, Current.SEALED)


def judge_configurations(bench: Bench, scope: Scope, body: Body) -> None:
    """Judge the children that a body configures, each at the first statement that does."""
    found: dict[Place, list[Store]] = defaultdict(list)
    for place, stores in bench.court.evaluator.stores(scope).items():
        is_async = bench.court.currents.of(place.origin, scope, 0) is Current.ASYNC
        for child in _children_of(place):
            if is_async or bench.names_all or bench.court.may_matter_by_name(child.steps[-1]):
                found[child] += stores
    _report_plain_enters(bench, scope)
    judge_answers(bench, scope, body)
    done: set[At] = set()
    for child in sorted(found, key=lambda each: (len(each.steps), each)):
        stores = sorted(set(found[child]), key=lambda store: store.seq)
        if stores[0].at not in done and _judge_child(bench, scope, body, child, stores):
            done.add(stores[0].at)
            bench.mended.add(child)


def _report_plain_enters(bench: Bench, scope: Scope) -> None:
    """Report what is configured for `with` where production code says `async with`."""
    for place, stores in sorted(bench.court.evaluator.stores(scope).items()):
        steps = place.steps
        at = steps.index("__enter__") if "__enter__" in steps else 0
        if (
            at > 0
            and steps[at - 1] == CALLED
            and (where := bench.court.production.entered_at(place._replace(steps=steps[: at - 1])))
        ):
            site = Site(scope, stores[0].at, "`__enter__`")
            bench.skip(site, "sync-context", f"{where} enters it with `async with`, which calls `__aenter__`")


def _judge_child(bench: Bench, scope: Scope, body: Body, child: Place, stores: Sequence[Store]) -> bool:
    """Judge a child of a mock that is configured by `stores`, in this order; True if that made a change."""
    first = stores[0]
    current = bench.court.currents.of(child, scope, first.seq)
    if bench.court.currents.configurations(child, scope, first.seq):
        return False
    want = bench.want(child) if current in _JUDGED or bench.names_all else NOTHING
    text = _text_of(child, first, bench.court.evaluator.stores(scope))
    site = Site(scope, first.at, f"`{text or child.steps[-1]}`")
    if current not in _JUDGED:
        bench.leave(site, NOTHING if current is Current.UNKNOWN else want, is_right=current is Current.RIGHT)
        return False
    if current is Current.SEALED:
        if want.kind is Kind.COROUTINE:
            bench.skip(
                site, "sealed", "the mock has the attributes that a list names, which says nothing of their kind"
            )
        return False
    if current is Current.ASYNC:
        return judge_async_child(bench, site, body, child, stores, want, text)
    if want.kind is Kind.ITERATOR:
        return judge_iterated(bench, site, child, stores, want)
    if want.kind is Kind.DOUBTFUL:
        bench.skip(site, want.rule, want.reason)
    if want.kind is not Kind.COROUTINE:
        bench.leave(site, want, is_right=True)
        return False
    if against := veto(bench.court, child, scope, bench.court.testimony.configured(child, scope), want):
        bench.skip(site, *against)
        return False
    is_alias = False
    if not text:
        name = name_in(bench.court, child.parent, scope)
        if not name:
            bench.skip(site, "needs-evidence", "it is configured under another name")
            return False
        is_alias = True
        text, site = f"{name}.{child.steps[-1]}", site._replace(said=f"`{name}.{child.steps[-1]}`")
    spelled = spell(bench.facts, scope.qualname, "AsyncMock", names_of(body))
    if spelled is None:
        bench.skip(site, "name-taken", "`AsyncMock` means something else in this file")
        return False
    title = f"Make `{text}` an AsyncMock"
    earlier = 0 if is_alias else bench.court.testimony.first_reference(child, scope)
    if is_assignable(bench, child, stores, text) and not (earlier is not None and earlier < first.seq):
        bench.add(site, first.at, Assign(spelled.text), title, want.why, spelled.imports)
        return True
    line = f"{text} = {spelled.text}()"
    imports = spelled.imports
    if _is_deeper(bench, child, stores, scope):
        plain = spell(bench.facts, scope.qualname, "MagicMock", names_of(body))
        if plain is None:
            return False
        line = f"{text} = {spelled.text}(return_value={plain.text}())"
        imports = (*imports, *plain.imports)
    at = _insertion(bench, child, first, scope, body, earlier)
    if at is None:
        bench.skip(site, "needs-evidence", f"`{line}` would have to stand where the mock is made")
        return False
    bench.add(site, at, Insert(line), title, want.why, imports)
    return True


def _is_deeper(bench: Bench, child: Place, stores: Sequence[Store], scope: Scope) -> bool:
    """Tell whether something below what the child gives is configured, so that this must stay a plain mock."""
    below = (*child.steps, CALLED)
    places = bench.court.evaluator.stores(scope)
    return any(
        len(place.steps) > len(below) and place.steps[: len(below)] == below and place.origin == child.origin
        for place in places
    )


def _insertion(bench: Bench, child: Place, first: Store, scope: Scope, body: Body, earlier: int | None) -> At | None:
    """Return the statement before which a line must stand; None where there is no such place."""
    if earlier is not None and earlier < first.seq:
        return after_creation(bench.court, child, scope, body)
    made = bench.court.world.call(child.scope, child.number)
    if child.scope == scope and made.anchor == first.anchor and made.where != "d" and made.anchor != first.at:
        return first.at if made.where == first.where else None
    return first.anchor


def _children_of(place: Place) -> Iterator[Place]:
    """Yield the callables on the way to a place that is assigned: `m` of `svc.m.return_value.x.return_value`."""
    for count in range(1, len(place.steps)):
        is_last = count == len(place.steps) - 1
        name, after = place.steps[count - 1], place.steps[count]
        if name != CALLED and not name.startswith("__") and (after == CALLED or (is_last and after == "side_effect")):
            yield place._replace(steps=place.steps[:count])


def _text_of(child: Place, store: Store, stores: Mapping[Place, Sequence[Store]]) -> str:
    """Return how a statement that configures `child`, or something below it, writes it; empty where it is an alias."""
    place = next(
        (
            place
            for place, found in stores.items()
            if store in found and place.origin == child.origin and place.steps[: len(child.steps)] == child.steps
        ),
        None,
    )
    if place is None:
        return ""
    segments = store.text.split(".")
    extra = place.steps[len(child.steps) : -1]
    for step in reversed(extra):
        if not segments or segments[-1] != ("return_value" if step == CALLED else step):
            return ""
        segments.pop()
    return ".".join(segments) if len(segments) > 1 and segments[-1] == child.steps[-1] else ""
