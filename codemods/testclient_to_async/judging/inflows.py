"""What gets to the places that hold clients: where anything else might, the whole component is in doubt."""

from __future__ import annotations

from ..following.clients import Clients
from ..following.fixtures import conftests
from ..following.world import Place
from ..survey.rows import Function, Usage


class Inflows:
    """Checks that nothing but clients gets to where clients are."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._world = clients.world

    def check(self, place: Place) -> None:
        """Check that nothing but clients gets to a place."""
        if place in self._clients.factories:
            words = "the class is handed on; what is made of it isn't followed"
            self._clients.block(place, *self._clients.factories[place], "client-factory", words)
            return
        if place.kind == "attr":
            self._kept(place)
            self._redefined(place)
        if place.kind in ("var", "attr"):
            for path, store in self._world.stores.get(place, ()):
                if store.value != "none" and not self._is_held(path, store.scope, store.value):
                    words = f"`{store.target}` gets something here that isn't known to be a TestClient"
                    self._clients.block(place, path, store.line, "mixed-clients", words)
        taker = self._world.function(Place("function", place.path, "", place.scope)) if place.kind == "var" else None
        if taker is not None and place.name in taker.parameters:
            self._given(place)
        if place.kind == "function":
            self._returned(place)

    def _redefined(self, place: Place) -> None:
        """A class of the family may have something else under the name: a method, a nested class."""
        for each in (*self._world.lineage(place.path, place.scope), *self._world.family(place.path, place.scope)):
            facts = self._world.project.facts(each.path)
            targets = facts.names.get(each.name, {}).get(place.name, ()) if facts else ()
            fact = facts.find_class(each.name) if facts else None
            if fact and any(target != "?" for target in targets):
                words = f"`{place.name}` is something else in `{each.name}`"
                self._clients.block(place, each.path, fact.line, "mixed-clients", words)

    def _kept(self, place: Place) -> None:
        """A class keeps a client: only where pytest makes its instances is everything known that is done with it."""
        owners = [
            Place("class", place.path, "", place.scope),
            *self._world.heirs(Place("class", place.path, "", place.scope)),
        ]
        if any(self._is_collected(owner) for owner in owners):
            return
        words = f"`{place.scope}` keeps a client, and what is done with its instances isn't followed"
        for path, store in self._world.stores.get(place, ()):
            self._clients.block(place, path, store.line, "client-escapes", words)

    def _is_collected(self, owner: Place) -> bool:
        file = self._world.file(owner.path)
        inside = (f for f in file.rows.functions if f.qualname.rpartition(".")[0] == owner.name) if file else ()
        facts = self._world.project.facts(owner.path)
        names = facts.names.get(owner.name, {}) if facts else {}
        if "__test__" in names or ("__init__" in names and not self._is_unittest(owner)):
            return False
        return owner.name.rpartition(".")[2].startswith("Test") or any(
            f.qualname.rpartition(".")[2].startswith("test") for f in inside
        )

    def _is_unittest(self, owner: Place) -> bool:
        lineage = self._world.lineage(owner.path, owner.name)
        return any(base.name.startswith("unittest.") for each in lineage for base in self._world.bases(each))

    def _is_held(self, path: str, scope: str, value: str) -> bool:
        if value == "other":
            return False
        found = self._world.lookup(path, scope, value)
        return not found.rest and found.place in self._clients.held

    def _given(self, place: Place) -> None:
        """Check what a parameter is given: by fixtures, or by callers."""
        taker = Place("function", place.path, "", place.scope)
        function = self._world.function(taker)
        assert function is not None
        if function.fixture or self._clients.fixtures.is_test(place.path, function):
            fixture = self._clients.fixtures.find(place.path, function, place.name)
            if self._is_parametrized(place.path, place.name):
                words = f"`{place.name}` is parametrised for all of these tests"
                self._clients.block(place, place.path, function.line, "mixed-clients", words)
            elif place.name in function.parametrized or fixture is None:
                self._clients.block(
                    place, place.path, function.line, "mixed-clients", f"no fixture `{place.name}` was found"
                )
            elif any(other not in self._clients.held for other in self._instead(place, function)):
                words = f"a fixture `{place.name}` below isn't known to give a TestClient, and may stand in for it here"
                self._clients.block(place, place.path, function.line, "mixed-clients", words)
            elif fixture not in self._clients.held:
                words = f"the fixture `{place.name}` isn't known to give a TestClient"
                self._clients.block(place, place.path, function.line, "mixed-clients", words)
            return
        for occurrence in self._world.occurrences.get(taker, ()):
            if occurrence.is_called and not occurrence.rest:
                for detail, value in self._world.arguments[occurrence.path, occurrence.number]:
                    target = self._clients.parameter(occurrence.path, Usage("argument", detail, occurrence.number))
                    if target == place and value not in self._clients.held:
                        words = f"`{place.name}` of `{place.scope}` gets something that isn't known to be a TestClient"
                        self._clients.block(place, occurrence.path, occurrence.expr.at[0], "mixed-clients", words)

    def _is_parametrized(self, path: str, name: str) -> bool:
        """Tell whether a module, or a conftest file above it, parametrises a name for tests that don't say so."""
        for each in (path, *conftests(path)):
            file = self._world.files.get(each)
            for call in file.rows.calls.values() if file else ():
                is_of_class = file is not None and file.facts.find_class(call.expr.usage.detail) is not None
                is_meant = call.expr.chain.endswith(".parametrize") and (
                    call.expr.usage.kind != "decorates" or is_of_class
                )
                if is_meant and any(name in text.replace(" ", "").split(",") for text in call.strings[:1]):
                    return True
        return False

    def _instead(self, place: Place, function: Function) -> list[Place]:
        """Return the fixtures that a fixture may get as well, asked for from further below."""
        own = Place("function", place.path, "", place.scope)
        if not function.fixture or own.name.rpartition(".")[2] == place.name:
            return []
        return [other for other in self._clients.fixtures.overriding(place.path, place.name) if other != own]

    def _returned(self, place: Place) -> None:
        file = self._world.files[place.path]
        calls = ((call.expr, Place("call", place.path, "", str(number))) for number, call in file.rows.calls.items())
        chains = (
            (expr, self._world.lookup(place.path, expr.scope, expr.chain))
            for expr in file.rows.exprs
            if expr.scope == place.name
        )
        values = [*calls, *((expr, found.place if not found.rest else Place("unknown")) for expr, found in chains)]
        for expr, value in values:
            is_given = expr.scope == place.name and expr.usage.kind in ("returned", "yielded")
            if is_given and value not in self._clients.held:
                words = f"`{place.name}` may give something else than a TestClient here"
                self._clients.block(place, place.path, expr.at[0], "mixed-clients", words)
