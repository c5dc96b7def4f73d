"""What a test does besides its requests that stops working, or means something else, once it is a coroutine."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import cached_property

from ..following.clients import Block, Clients
from ..following.world import Place
from .coroutines import Coroutines
from .elsewhere import Elsewhere
from .loops import Loops
from .patches import Patches
from .requests import REQUESTS
from .strangers import Strangers
from .uses import Uses

_CONTEXT = "context variables are read here, and what the app sets would now reach the test"
_THREAD = "threads are told apart here, and async endpoints would now run in the test's own"
# What a test file must not speak of, by the rule for it.
_TELLING = {
    "_thread.get_ident": ("threads", _THREAD),
    "asgi_correlation_id.correlation_id": ("context-variables", _CONTEXT),
    "contextvars.ContextVar": ("context-variables", _CONTEXT),
    "structlog.contextvars.get_contextvars": ("context-variables", _CONTEXT),
    "threading.current_thread": ("threads", _THREAD),
    "threading.get_ident": ("threads", _THREAD),
    "threading.local": ("threads", _THREAD),
}
# What httpx's async responses don't have, or have as a coroutine.
_NOT_ALIKE = ("template", "context", "close", "iter_raw", "is_stream_consumed")


class Hazards:
    """Looks through the functions that become coroutines, and what they call."""

    def __init__(self, clients: Clients, uses: Uses, coroutines: Coroutines) -> None:
        self._clients = clients
        self._world = clients.world
        self._uses = uses
        self._coroutines = coroutines
        self._loops = Loops(clients.world, clients.fixtures)
        self._patches = Patches(clients, coroutines)

    def look(self) -> None:
        """Block every component in which something is found."""
        lifespans = {self._clients.links.root(place) for place in self._uses.entered.values()}
        for place in self._coroutines.functions:
            is_started = self._clients.links.root(place) in lifespans
            found = [*self._loops.blocks(place, is_started), *self._told.get(place.path, ())]
            if (patch := self._patches.block(place.path)) is not None:
                found.append(patch)
            self._clients.blocks.setdefault(place, []).extend(found)
        self._answers()
        self._patches.replaced()
        Elsewhere(self._clients, self._uses, self._coroutines).look()
        Strangers(self._clients, self._coroutines).look()

    @cached_property
    def _told(self) -> Mapping[str, list[Block]]:
        """Return, by file, the mentions of what is told apart by threads and contexts."""
        found: dict[str, list[Block]] = defaultdict(list)
        for place, occurrences in list(self._world.occurrences.items()):
            if place.kind == "external":
                for name, (rule, words) in _TELLING.items():
                    if place.name == name or place.name.startswith(f"{name}."):
                        for occurrence in occurrences:
                            found[occurrence.path].append(Block(occurrence.path, occurrence.expr.at[0], rule, words))
            elif place.kind == "var" and not place.scope and self._is_context(place):
                for occurrence in occurrences:
                    line = occurrence.expr.at[0]
                    found[occurrence.path].append(Block(occurrence.path, line, "context-variables", _CONTEXT))
        return found

    def _is_context(self, place: Place) -> bool:
        """Tell whether a name of a module is a context variable."""
        file = self._world.file(place.path) if place.path in self._context_files else None
        for store in file.rows.stores if file else ():
            if store.target == place.name and not store.scope and store.value.startswith("#"):
                call = self._world.call(place.path, int(store.value[1:]))
                if call.expr.chain.rpartition(".")[2] in ("ContextVar", "ContextVar[]"):
                    return True
        return False

    @cached_property
    def _context_files(self) -> Mapping[str, frozenset[str]]:
        return self._world.project.mentioning("ContextVar")

    def _answers(self) -> None:
        """Block what reads from a response something that only Starlette's client puts there."""
        for awaited, place in self._uses.awaited.items():
            call = self._world.call(awaited.path, awaited.number)
            if call.expr.chain.rpartition(".")[2] not in REQUESTS:
                continue
            value = Place("call", awaited.path, "", str(awaited.number))
            uses = [*self._world.occurrences.get(value, ())]
            if call.expr.usage.kind in ("assigned", "walrus"):
                kept = self._world.lookup(awaited.path, call.expr.scope, call.expr.usage.detail)
                uses += self._world.occurrences.get(kept.place, ())
            for use in uses:
                if use.path == awaited.path and use.rest.partition(".")[0] in _NOT_ALIKE:
                    words = f"`{use.rest.partition('.')[0]}` of a response is another thing with httpx's async client"
                    self._clients.block(place, use.path, use.expr.at[0], "template-response", words)
