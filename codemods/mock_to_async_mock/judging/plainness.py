"""Why an AsyncMock may stay where a patch puts it in the place of a plain function."""

from __future__ import annotations

from collections.abc import Iterable

from greenmod.api import Calling, Thing, What

from ..following.role import Role
from ..following.values import Scope
from ..following.views import View
from .court import Court

# What runs a function in a thread, and has no use for a coroutine.
_THREADS = frozenset({"to_thread", "run_in_executor", "run_in_threadpool", "run_sync", "submit", "Thread"})


def excuse(court: Court, roles: Iterable[Role]) -> tuple[str, str] | None:
    """Return the rule and the reason why an AsyncMock may stay; None where the plain functions must be plain."""
    for role in roles:
        thing, view = role.thing, role.view
        if thing is None or thing.what is not What.FUNCTION or thing.calling is not Calling.SYNC or not role.is_target:
            continue
        if view is not None and (handed := _handed_on_at(court, view)):
            return "accepts-either", f"{handed} hands `{view.name}` on without calling it, to what may take either"
        name = thing.qualname.rpartition(".")[2]
        own = court.names.asynchronous.get(name) if name == thing.qualname else None  # methods are called by objects
        if own and not _is_called(court, view, thing, name):
            reason = f"nothing of the project calls what is patched, and its own `{name}` at {own} is `async def`"
            return "conflicting-evidence", reason
    return None


def _is_called(court: Court, view: View | None, thing: Thing, name: str) -> bool:
    """Tell whether the project calls what it holds under a view; without one, a library's function as it imports it."""
    if view is not None:
        return bool(court.uses.of(view))
    library = thing.file.partition("/")[0].removesuffix(".py")
    for path in court.world.production:
        facts = court.world.project.facts(path)
        held = [each for each in facts.imports if each.target.partition(".")[0] == library] if facts else ()
        callees = {each.name if each.target.endswith(f".{name}") else f"{each.name}.{name}" for each in held}
        bodies = court.world.bodies(path).values() if callees else ()
        if any(call.callee in callees for found in bodies for body in found for call in body.calls):
            return True
    return False


def _handed_on_at(court: Court, view: View) -> str:
    """Return where a module hands a function on by its name; empty where it doesn't, or only to threads."""
    for qualname in court.world.bodies(view.scope.path) if view.kind == "name" and not view.steps else ():
        body = court.world.body(Scope(view.scope.path, qualname))
        for call in body.calls if body is not None and not body.binds(view.name) else ():
            is_given = any(term == view.name for _, term in call.arguments)
            if is_given and call.callee.rpartition(".")[2] not in _THREADS:
                return f"{view.scope.path}:{call.at[0]}"
    return ""
