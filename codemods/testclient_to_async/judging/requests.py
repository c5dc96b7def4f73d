"""What a client is asked: its methods and attributes, and which of them httpx's `AsyncClient` has.

Requests are coroutines there, attributes are as they were; websockets, the portal and streams that come bit by bit it
has not.
"""

from __future__ import annotations

from ..following.world import Occurrence, Place
from ..survey.bodies import FILES
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
        elif occurrence.rest == "build_request" and occurrence.is_called:
            self._build(place, occurrence)
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
        elif call.body and not self._can_be_sent(occurrence, *call.body.split("=")):
            self._uses.block(place, occurrence, "body")
        elif "stream" in call.keywords:
            self._uses.block(place, occurrence, "stream")
        elif (auth := self._sync_auth(occurrence)) is not None:
            self._uses.block(place, occurrence, "auth", name=auth)
        elif "allow_redirects" in call.keywords:
            self._uses.block(place, occurrence, "redirects")
        elif occurrence.expr.usage.kind == "awaited":
            self._uses.block(place, occurrence, "awaited", what=what)
        elif self._uses.await_call(place, occurrence, what) and occurrence.rest == "close":
            self._uses.closed.add(Awaited(occurrence.path, occurrence.number))

    def _build(self, place: Place, occurrence: Occurrence) -> None:
        call = self._world.call(occurrence.path, occurrence.number)
        if call.body and (call.body == "url" or not self._can_be_sent(occurrence, *call.body.split("="))):
            self._uses.block(place, occurrence, "encoded" if call.body == "url" else "body")

    def _sync_auth(self, occurrence: Occurrence) -> str | None:
        """Return the class of the project, handed as `auth=`, that may not know how to authorise async requests."""
        for detail, value in self._world.arguments[occurrence.path, occurrence.number]:
            if detail == "auth" and value.kind == "call":
                return self._lacks_flow(occurrence.path, int(value.name))
        return None

    def _lacks_flow(self, path: str, number: int) -> str | None:
        call = self._world.call(path, number)
        callee = self._world.of_call(path, call)
        if callee.kind != "class":
            return None if callee.kind == "external" else call.expr.chain
        for each in self._world.lineage(callee.path, callee.name):
            facts = self._world.project.facts(each.path)
            if facts and {"auth_flow", "async_auth_flow"} & facts.names.get(each.name, {}).keys():
                return None
        return call.expr.chain

    def _can_be_sent(self, occurrence: Occurrence, keyword: str, name: str) -> bool:
        """Tell whether a name is given nothing but text and bytes; as `data=`, whether it is no open file."""
        place = self._world.lookup(occurrence.path, occurrence.expr.scope, name).place if name else None
        stores = self._world.stores.get(place, []) if place else []
        if keyword == "data":
            return bool(name) and not any(self._is_file(path, store.value) for path, store in stores)
        return bool(stores) and all(store.is_text for _, store in stores)

    def _is_file(self, path: str, value: str) -> bool:
        is_call = value.startswith("#")
        return is_call and self._world.call(path, int(value[1:])).expr.chain.rpartition(".")[2] in FILES

    def _authorise(self, place: Place, occurrence: Occurrence) -> None:
        """`client.auth = Signature()`: a class of the project may know how to authorise synchronous requests only."""
        expr, path = occurrence.expr, occurrence.path
        if occurrence.rest != "auth" or expr.usage.kind != "stored":
            return
        for store in self._world.files[path].rows.stores:
            is_meant = (store.scope, store.target) == (expr.scope, expr.chain) and store.value.startswith("#")
            name = self._lacks_flow(path, int(store.value[1:])) if is_meant else None
            if name is not None:
                self._uses.block(place, occurrence, "auth", name=name)

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
