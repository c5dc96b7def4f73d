"""What is wrong with a mock that no kind of mock can mend: reported, never edited."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from greenmod.api import SkippedSite, Thing, What

from ..following.values import CALLED, Place, Scope
from ..following.views import View
from ..survey.rows import Call, Store
from .court import Court

_PATCHES = frozenset({"patch", "patch.object", "setattr"})


def find(court: Court, path: str) -> Iterator[SkippedSite]:
    """Yield the findings of one test file."""
    for qualname in court.world.bodies(path):
        scope = Scope(path, qualname)
        body = court.world.body(scope)
        for call in body.calls if body else ():
            if call.tag.removeprefix("mocker.") in _PATCHES:
                yield from _of_patch(court, scope, call)
        yield from _of_children(court, scope)


def _of_patch(court: Court, scope: Scope, call: Call) -> Iterator[SkippedSite]:
    keywords = dict(call.keywords)
    if "create" in keywords or "raising" in keywords or call.callee == "setattr":  # it makes what isn't there
        return
    roles = [*court.roles.target(scope, call)]
    said = court.targets.said(scope, call)
    missing = [role.thing for role in roles if role.thing is not None and role.thing.what is What.MISSING]
    if missing and len(missing) == len(roles):
        reason = f"`{said}` does not exist{_closest(missing[0])}"
        yield SkippedSite(scope.path, call.start[0], "missing-target", reason)
    for role in roles:
        thing = role.thing
        if thing is None or thing.what is What.MISSING:
            continue
        if (
            role.view is not None
            and not _imports_late(court, scope)
            and (reason := _ineffective(court, role.view, thing))
        ):
            yield SkippedSite(scope.path, call.start[0], "patched-dependency", f"`{said}`: {reason}")


def _imports_late(court: Court, scope: Scope) -> bool:
    """Tell whether a test imports anything itself: what it imports while the patch is there sees it."""
    facts = court.world.project.facts(scope.path)
    return facts is not None and bool(scope.qualname) and any(fact.scope == scope.qualname for fact in facts.imports)


def _ineffective(court: Court, view: View, thing: Thing) -> str:
    """Return why patching a dependency has no effect: routes got hold of the function when they were made."""
    if view.kind != "name" or thing.what is not What.FUNCTION or thing.is_library or court.uses.of(view):
        return ""
    users = court.dependencies.places.get(Scope(thing.file, thing.qualname), ())
    places = [place for path, place in users if path == view.scope.path]
    if thing.file == view.scope.path:
        places += [place for _, place in users]
    if not places:
        return ""
    where = places[0]
    return (
        f"the route at {where} holds `Depends({view.name})` itself, so the patch has no effect; "
        f"set `app.dependency_overrides[{view.name}]`"
    )


def _of_children(court: Court, scope: Scope) -> Iterator[SkippedSite]:
    """Yield the children that a body configures although the real object has no such attribute."""
    for place, stores in sorted(court.evaluator.stores(scope).items()):
        if place.steps and _is_unknown_attribute(court, scope, place, stores):
            things = [role.thing for role in court.roles.of(place)]
            if things[0] is not None:
                reason = f"the real object has no attribute `{place.steps[-1]}`{_closest(things[0])}"
                yield SkippedSite(scope.path, stores[0].at[0], "missing-attribute", reason)
        for count in range(1, len(place.steps)):
            name, after = place.steps[count - 1], place.steps[count]
            if name == CALLED or name.startswith("__") or after not in (CALLED, "side_effect"):
                continue
            things = [role.thing for role in court.roles.of(place._replace(steps=place.steps[:count]))]
            if things and all(thing is not None and thing.what is What.MISSING for thing in things):
                thing = things[0]
                assert thing is not None
                reason = f"the real object has no attribute `{name}`{_closest(thing)}"
                yield SkippedSite(scope.path, stores[0].at[0], "missing-attribute", reason)


def _is_unknown_attribute(court: Court, scope: Scope, place: Place, stores: Sequence[Store]) -> bool:
    """Tell whether a mock is put at an attribute that the real object lacks."""
    name = place.steps[-1]
    if name in (CALLED, "side_effect") or name.startswith("__"):
        return False
    if not any(court.evaluator.places(scope, store.value) for store in stores):
        return False
    things = [role.thing for role in court.roles.of(place)]
    return bool(things) and all(thing is not None and thing.what is What.MISSING for thing in things)


def _closest(thing: Thing) -> str:
    return f"; the closest is `{thing.closest}`" if thing.closest else ""
