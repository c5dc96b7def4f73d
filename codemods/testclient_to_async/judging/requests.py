"""What a client is asked: its methods and attributes, and which of them httpx's `AsyncClient` has.

Requests are coroutines there, attributes are as they were; websockets, the portal and streams that come bit by bit it
has not.
"""

from __future__ import annotations

from ..following.world import Occurrence, Place
from .uses import Awaited, Uses
from .wording import said

REQUESTS = frozenset({"get", "post", "put", "patch", "delete", "head", "options", "request", "send"})
_ALIKE = frozenset(
    {"auth", "base_url", "build_request", "cookies", "follow_redirects", "headers", "is_closed", "max_redirects"}
    | {"params", "timeout", "trust_env"}
)


class Requests:
    """Judges the attributes of clients."""

    def __init__(self, uses: Uses) -> None:
        self._uses = uses
        self._world = uses.world

    def judge(self, place: Place, occurrence: Occurrence) -> None:
        """Judge one attribute of a client: called, or looked at."""
        first = occurrence.rest.partition(".")[0]
        what = said(occurrence.expr.chain)
        if occurrence.rest in REQUESTS or occurrence.rest == "close":
            self._request(place, occurrence) if occurrence.is_called else self._method(place, occurrence)
        elif first in _ALIKE:
            self._authorise(place, occurrence)
        elif first in ("websocket_connect", "stream"):
            self._uses.block(place, occurrence, "stream" if first == "stream" else "websocket")
        elif first in ("__enter__", "__exit__"):
            self._uses.block(place, occurrence, "by-hand", what=what)
        elif first == "app" and (app := self._uses.app_at(place, occurrence)):
            self._name_app(place, occurrence, app)
        else:
            self._uses.block(place, occurrence, "app-attribute", what=what, name=first)

    def _request(self, place: Place, occurrence: Occurrence) -> None:
        call, what = self._world.call(occurrence.path, occurrence.number), said(occurrence.expr.chain)
        if call.body == "url":
            self._uses.block(place, occurrence, "encoded")
        elif call.body and not self._is_text(occurrence, call.body.partition("=")[2]):
            self._uses.block(place, occurrence, "body")
        elif "allow_redirects" in call.keywords:
            self._uses.block(place, occurrence, "redirects")
        elif occurrence.expr.usage.kind == "awaited":
            self._uses.block(place, occurrence, "awaited", what=what)
        elif self._uses.await_call(place, occurrence, what) and occurrence.rest == "close":
            self._uses.closed.add(Awaited(occurrence.path, occurrence.number))

    def _is_text(self, occurrence: Occurrence, name: str) -> bool:
        """Tell whether a name is given nothing but text and bytes."""
        place = self._world.lookup(occurrence.path, occurrence.expr.scope, name).place if name else None
        stores = self._world.stores.get(place, []) if place else []
        return bool(stores) and all(store.is_text for _, store in stores)

    def _authorise(self, place: Place, occurrence: Occurrence) -> None:
        """`client.auth = Signature()`: a class of the project may know how to authorise synchronous requests only."""
        expr, path = occurrence.expr, occurrence.path
        if occurrence.rest != "auth" or expr.usage.kind != "stored":
            return
        for store in self._world.files[path].rows.stores:
            if (store.scope, store.target) == (expr.scope, expr.chain) and store.value.startswith("#"):
                call = self._world.call(path, int(store.value[1:]))
                if self._world.of_call(path, call).kind != "external":
                    self._uses.block(place, occurrence, "auth", name=call.expr.chain)

    def _method(self, place: Place, occurrence: Occurrence) -> None:
        """Judge a method that isn't called on the spot: `pytest.raises(E, client.get, "/")`, `send = client.post`."""
        usage, path = occurrence.expr.usage, occurrence.path
        if usage.kind == "argument" and usage.detail == "1" and self._uses.function_at(occurrence):
            call = self._world.call(path, usage.number)
            is_raises = call.expr.chain.rpartition(".")[2] in ("raises", "assertRaises")
            if is_raises and call.expr.usage.kind == "statement" and not call.star:
                self._uses.raising[Awaited(path, usage.number)] = place
                return
        if usage.kind != "assigned" or not self._alias(place, occurrence):
            self._uses.block(place, occurrence, "handed", what=said(occurrence.expr.chain))

    def _alias(self, place: Place, occurrence: Occurrence) -> bool:
        """Follow `send = client.post` where `send` is called and nothing else."""
        name = self._world.lookup(occurrence.path, occurrence.expr.scope, occurrence.expr.usage.detail)
        uses = self._world.occurrences.get(name.place, [])
        is_local = not name.rest and name.place.kind == "var" and name.place.scope
        if not is_local or not all(use.is_called and not use.rest for use in uses):
            return False
        stores = [self._world.lookup(path, store.scope, store.value) for path, store in self._world.stores[name.place]]
        if any(found.place not in self._uses.clients.held or found.rest not in REQUESTS for found in stores):
            return False
        for found in stores:
            self._uses.clients.links.join(place, found.place)
        awaited = [self._uses.await_call(place, use, said(use.expr.chain)) for use in uses]
        return all(awaited)

    def _name_app(self, place: Place, occurrence: Occurrence, app: str) -> None:
        """`client.app.state` → `app.state`"""
        line, column = occurrence.expr.at
        behind = occurrence.rest.partition(".")[2]
        last = occurrence.rest.rpartition(".")[2]
        # Only the last name's place is known; those before it stand on the same line, or LibCST finds nothing there.
        at = line, column - len("app." + behind) + len(last) if behind else column
        self._uses.renamed[occurrence.path, at] = place, app
