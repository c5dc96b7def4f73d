"""What tests were seen to load lazily, as wants of the queries that loaded the rows; what no option mends, as skips."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from greenmod.api import Frame, LazyLoad, SkippedSite

from ..following.states import Evidence, OptionsCall, Root, Want
from ..following.world import is_test

_WRITTEN = frozenset({"select", "query", "get"})


class Traced(NamedTuple):
    """What comes of the loads of all tests."""

    wants: tuple[Want, ...]
    skips: tuple[SkippedSite, ...]


def trace(loads: Iterable[LazyLoad], roots: Mapping[Root, tuple[OptionsCall, ...]]) -> Traced:
    """Return what becomes of each load: a want of the query that it came from, or a skip that says what to do."""
    wants: dict[Want, None] = {}
    skips: dict[tuple[str, int, str], SkippedSite] = {}
    for load in loads:
        if load.is_column:
            continue
        query = load.query
        if query is None or query.kind not in _WRITTEN:
            for skip in _unwritten(load):
                skips.setdefault((skip.path, skip.line, skip.rule), skip)
        elif not is_test(query.path):
            wants |= dict.fromkeys(_wants(load, roots))
    return Traced(tuple(wants), tuple(skips.values()))


def _wants(load: LazyLoad, roots: Mapping[Root, tuple[OptionsCall, ...]]) -> Iterator[Want]:
    query = load.query
    assert query is not None
    places = [root for root in roots if root.path == query.path and root.start[0] <= query.line <= root.end[0]]
    exact = [root for root in places if query.column is not None and root.start == (query.line, query.column)]
    for root in exact or (places if len(places) == 1 else ()):
        entities = (load.hops[0].entity, query.entity)
        slots = [number for name in entities for number, slot in enumerate(root.slots) if slot and slot.entity == name]
        if slots:
            yield Want(
                root=root,
                slot=slots[0],
                hops=tuple(hop.attribute for hop in load.hops),
                options=roots[root],
                is_many=load.parents > 1 or any(hop.is_collection for hop in load.hops[:-1]),
                is_async=bool(load.failure),
                is_conditional=False,
                filters=(),
                evidence=Evidence.TEST,
                where=f"{load.access.path}:{load.access.line}" if load.access is not None else query.path,
                how=f"`{load.test}` {_seen(load)}",
            )


def _seen(load: LazyLoad) -> str:
    if load.failure:
        return f"fails with {load.failure} where it reads"
    return f"sends {load.count:,} statement{'' if load.count == 1 else 's'} to read"


def _unwritten(load: LazyLoad) -> Iterator[SkippedSite]:
    """Yield what to do about a load that no query of the repository's own code can be given an option for."""
    query = load.query
    if query is None and load.birth is not None and load.failure and not is_test(load.birth.path):
        names = f'attribute_names=["{load.hops[-1].attribute}"]'
        reason = f"the object was made here, so no query loads `{load.path}`: `refresh(…, {names})` would"
        yield SkippedSite(load.birth.path, load.birth.line, "created-object", f"{reason}; {_reader(load.access)}")
    elif query is not None and query.kind == "wrapper":
        via = f"{query.via.path}:{query.via.line}" if query.via is not None else "a wrapper"
        reason = f"`{load.path}` is loaded lazily, but its query is made at {via} for many entities"
        yield SkippedSite(query.path, query.line, "generic-query", f"{reason}: give that a way to pass options")
    elif query is not None and query.kind in ("generic", "library", "execute") and not is_test(query.path):
        reason = f"`{load.path}` is loaded lazily, but no `select()`, `query()` or `get()` here names its entity"
        yield SkippedSite(query.path, query.line, "generic-query", f"{reason}; {_reader(load.access)}")


def _reader(access: Frame | None) -> str:
    return f"it is read at {access.path}:{access.line}" if access is not None else "a library reads it"
