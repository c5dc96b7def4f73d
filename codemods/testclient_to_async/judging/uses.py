"""What is done with clients, as far as it is known: what is awaited, entered, renamed; and what can't be.

A record that `requests`, `values` and `inflows` fill in. Nothing here judges what a use means.
"""

from __future__ import annotations

from typing import NamedTuple

from ..following.clients import Clients
from ..following.world import Occurrence, Place
from .wording import OBSTACLES, WORDS

Key = tuple[str, tuple[int, int]]  # a file, and a place in it


class Awaited(NamedTuple):
    """A call that is awaited: in a file, by number."""

    path: str
    number: int


class Entered(NamedTuple):
    """A `with` that runs the lifespan. Without `is_built` its client exists already, and `app` is its application."""

    path: str
    number: int
    is_built: bool
    app: str = ""


class Uses:
    """The uses of all clients, each with the place that it belongs to."""

    def __init__(self, clients: Clients) -> None:
        self.clients = clients
        self.world = clients.world
        self.awaited: dict[Awaited, Place] = {}
        self.closed: set[Awaited] = set()  # `client.close()` becomes `aclose()`
        self.listed: dict[Awaited, Place] = {}  # `assert all(… for …)`, which needs a list
        self.raising: dict[Awaited, Place] = {}  # `pytest.raises(E, client.get, "/")`
        self.entered: dict[Entered, Place] = {}
        self.renamed: dict[
            Key, tuple[Place, str]
        ] = {}  # other names of a client, `client.app`, and what to write there

    def block(self, place: Place, occurrence: Occurrence, key: str, **names: str) -> None:
        """Note that a use can't be followed: in the words of `wording` for `key`."""
        rule, words = WORDS[key]
        self.clients.block(place, occurrence.path, occurrence.expr.at[0], rule, words.format(**names))

    def function_at(self, occurrence: Occurrence) -> Place | None:
        """Return the function that could await something at an occurrence."""
        expr = occurrence.expr
        if expr.place not in ("", "comprehension") and not expr.place.startswith("asserted:"):
            return None
        return self.clients.function_around(occurrence.path, expr.scope)

    def await_call(self, place: Place, occurrence: Occurrence, what: str) -> bool:
        """Have a call awaited for the sake of `place`; block it where that can't be."""
        expr = occurrence.expr
        if expr.usage.kind == "awaited":
            return True
        if expr.place.startswith("asserted:"):
            if occurrence.rest not in ("get", "head"):
                self.block(place, occurrence, "asserted", what=what)
                return False
            self.listed[Awaited(occurrence.path, int(expr.place.partition(":")[2]))] = place
        if self.function_at(occurrence) is None:
            in_the_way = expr.place if expr.place in OBSTACLES else "class" if expr.scope else "module"
            rule, words = OBSTACLES[in_the_way]
            self.clients.block(place, occurrence.path, expr.at[0], rule, f"{what} {words}")
            return False
        self.awaited[Awaited(occurrence.path, occurrence.number)] = place
        return True

    def app_at(self, place: Place, occurrence: Occurrence) -> str:
        """Return the app of a client as its constructor writes it, where that means the same at an occurrence."""
        root = self.clients.links.root(place)
        built = [each for each in self.clients.constructors if self.clients.links.root(each) == root]
        direct = [Place("call", path, "", store.value[1:]) for path, store in self.world.stores.get(place, ())]
        if len(built) > 1 and len(direct) == 1:
            built = [each for each in built if each == direct[0]]
        if len(built) != 1:
            return ""
        call = self.world.call(built[0].path, int(built[0].name))
        there = self.world.lookup(built[0].path, call.expr.scope, call.app) if call.app else None
        if there is None or built[0].path != occurrence.path or there.place.kind not in ("var", "external"):
            return ""
        here = self.world.lookup(occurrence.path, occurrence.expr.scope, call.app)
        stores = self.world.stores.get(there.place, [])
        return call.app if here == there and len(stores) <= 1 else ""
