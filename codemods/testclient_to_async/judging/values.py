"""Where a client goes as a value: into names, calls, `with` statements; and what it was made of."""

from __future__ import annotations

from ..following.world import Occurrence, Place
from ..survey.rows import Call
from .uses import Entered, Uses
from .wording import said

_KEYWORDS = frozenset(
    {"app", "base_url", "client", "cookies", "follow_redirects", "headers", "raise_server_exceptions", "root_path"}
)
_POSITIONAL = 4  # app, base_url, raise_server_exceptions, root_path; then come the backend's
_BY_HAND = frozenset(
    {"addCleanup", "callback", "closing", "enter_async_context", "enter_context", "enterClassContext", "enterContext"}
    | {"enterModuleContext", "push"}
)
# What stands around a client, in other words than `ast`'s.
_SYNTAX = {
    "Dict": "it is kept in a dict",
    "List": "it is kept in a list",
    "Tuple": "it is kept in a tuple",
    "Set": "it is kept in a set",
    "Compare": "it is compared",
    "Subscript": "it is subscripted",
    "assignment": "several names get it",
    "iterable": "it is iterated over",
    "yield from": "it is yielded from",
}
_HARMLESS = frozenset({"Assert", "If", "While", "nothing"})


class Values:
    """Judges clients as values."""

    def __init__(self, uses: Uses) -> None:
        self._uses = uses
        self._clients = uses.clients
        self._world = uses.world

    def made(self, place: Place, call: Call) -> None:
        """Judge what a client is made of."""
        occurrence = Occurrence(place.path, call.expr, "")
        if rule := self._clients.doubtful.get(place):
            self._uses.block(place, occurrence, rule, chain=call.expr.chain)
        unknown = sorted({*call.keywords} - _KEYWORDS)
        if call.star:
            self._uses.block(place, occurrence, "app-star")
        elif not call.positional and "app" not in call.keywords:
            self._uses.block(place, occurrence, "app-none")
        elif self._is_old_app(place, call):
            self._uses.block(place, occurrence, "app-old", app=call.app)
        elif unknown or call.positional > _POSITIONAL:
            self._uses.block(place, occurrence, "argument", what=f"`{unknown[0]}=`" if unknown else "the backend")

    def judge(self, place: Place, occurrence: Occurrence) -> None:
        """Judge where a client goes."""
        usage, expr = occurrence.expr.usage, occurrence.expr
        if usage.kind == "entered":
            self._enter(place, occurrence)
        elif usage.kind == "argument":
            self._argument(place, occurrence)
        elif usage.kind in ("assigned", "walrus"):
            target = self._world.lookup(occurrence.path, expr.scope, usage.detail)
            if target.rest or target.place.kind not in ("var", "attr"):
                self._uses.block(place, occurrence, "kept", name=usage.detail)
        elif usage.kind == "yielded":
            function = self._world.function(Place("function", occurrence.path, "", expr.scope))
            if function is None or not function.fixture:
                self._uses.block(place, occurrence, "yielded")
        elif usage.kind in ("awaited", "default"):
            self._uses.block(place, occurrence, usage.kind, what=said(expr.chain))
        elif usage.kind in ("inherited", "decorates"):
            self._uses.block(place, occurrence, "escapes", name=usage.kind)
        elif usage.kind == "other" and expr.place == "lambda":
            self._uses.block(place, occurrence, "lambda")
        elif usage.kind == "other" and usage.detail not in _HARMLESS:
            self._uses.block(place, occurrence, "escapes", name=_SYNTAX.get(usage.detail, usage.detail))

    def maker(self, place: Place, occurrence: Occurrence) -> None:
        """Judge a mention of a function that returns a client."""
        function = self._world.function(place)
        if not occurrence.is_called and not (function and function.fixture):
            self._uses.block(place, occurrence, "handed", what=said(occurrence.expr.chain))

    def _is_old_app(self, place: Place, call: Call) -> bool:
        """Tell whether an app is a class, or a function of the scope alone, as ASGI 2 had them."""
        found = self._world.lookup(place.path, call.expr.scope, call.app).place if call.app else None
        if found is None or found.kind == "class":
            return found is not None
        function = self._world.function(found) if found.kind == "function" else None
        return function is not None and not function.is_async

    def _argument(self, place: Place, occurrence: Occurrence) -> None:
        path, usage = occurrence.path, occurrence.expr.usage
        call = self._world.call(path, usage.number)
        is_function = self._world.of_call(path, call).kind == "function"
        if is_function and self._clients.parameter(path, usage) in self._clients.held:
            return
        name = call.expr.chain.rpartition(".")[2]
        if name in _BY_HAND:
            self._uses.block(place, occurrence, "by-hand", what=f"`{name}`")
        elif name == "isinstance":
            self._uses.block(place, occurrence, "compared")
        elif name == "getattr" and usage.detail == "0":
            self._chosen(place, occurrence, usage.number)
        else:
            self._uses.block(place, occurrence, "handed-over", what=said(call.expr.chain))

    def _chosen(self, place: Place, occurrence: Occurrence, number: int) -> None:
        """Judge `getattr(client, verb)(url)`: called on the spot, what it returns is awaited."""
        uses = self._world.occurrences.get(Place("call", occurrence.path, "", str(number)), [])
        if len(uses) == 1 and uses[0].is_called and not uses[0].rest:
            self._uses.await_call(place, uses[0], "`getattr(…)(…)`")
        else:
            self._uses.block(place, occurrence, "chosen")

    # `with`

    def _enter(self, place: Place, occurrence: Occurrence) -> None:
        usage, path = occurrence.expr.usage, occurrence.path
        statement = self._world.files[path].rows.withs[usage.number]
        if statement.is_async:
            self._uses.block(place, occurrence, "async-with")
        elif statement.in_raises:
            self._uses.block(place, occurrence, "raises")
        elif statement.items > 1:
            self._uses.block(place, occurrence, "others")
        elif self._uses.function_at(occurrence) is None:
            self._uses.block(place, occurrence, "sync-with")
        elif place in self._clients.constructors:
            self._uses.entered[Entered(path, usage.number, is_built=True)] = place
            self._check_after(place, occurrence, statement.end)
        elif usage.detail and not self._rename(place, occurrence):
            self._uses.block(place, occurrence, "alias", name=usage.detail)
        elif app := self._uses.app_at(place, occurrence):
            self._uses.entered[Entered(path, usage.number, is_built=False, app=app)] = place
        else:
            self._uses.block(place, occurrence, "app-nameless")

    def _rename(self, place: Place, occurrence: Occurrence) -> bool:
        """Write the client's own name where `with client as c:` gave it a second one."""
        path, expr = occurrence.path, occurrence.expr
        second = self._world.lookup(path, expr.scope, expr.usage.detail).place
        if "#" in expr.chain or second.kind != "var" or not second.scope or len(self._world.stores[second]) != 1:
            return False
        for use in self._world.occurrences.get(second, ()):
            line, column = use.expr.at
            last = use.expr.chain.rpartition(".")[2]
            self._uses.renamed[path, (line, column - len(use.expr.chain) + len(last))] = place, expr.chain
        return True

    def _check_after(self, place: Place, occurrence: Occurrence, end: int) -> None:
        """A client of httpx is closed for good behind its `with`."""
        path, scope = occurrence.path, occurrence.expr.scope
        target = self._world.lookup(path, scope, occurrence.expr.usage.detail or "?").place
        again = [store.line for home, store in self._world.stores.get(target, ()) if home == path and store.line > end]
        for later in self._world.occurrences.get(target, ()) if target.kind == "var" else ():
            line, usage = later.expr.at[0], later.expr.usage
            is_behind = later.path == path and later.expr.scope == scope and line > end
            leaves = not later.rest and not later.is_called and usage.kind in ("returned", "assigned", "walrus")
            if (is_behind and not any(stored <= line for stored in again)) or leaves or self._leaves(later, scope, end):
                self._uses.block(place, later, "used-after")

    def _leaves(self, use: Occurrence, scope: str, end: int) -> bool:
        """Tell whether a function inside uses a client that is closed by the time it is called."""
        inner = Place("function", use.path, "", use.expr.scope)
        if not use.expr.scope.startswith(f"{scope}."):
            return False
        calls = self._world.occurrences.get(inner, ())
        return any(not call.is_called or call.expr.at[0] > end for call in calls)
