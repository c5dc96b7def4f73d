"""From terms to values: names, fixtures, patches and helpers are followed; each term of a body once.

A mock that something else was assigned over keeps its own place as a value beside what was assigned: which of them
counts depends on when it is looked at, and that is for the judge to say.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from greenmod.api import What

from ..survey.rows import Literal, Store
from ..survey.tags import CONSTRUCTORS
from .bindings import Bindings
from .calls import new_of
from .parameters import returned
from .values import CALLED, NOTHING, Datum, Local, Patcher, Place, Real, Scope, Self, Value
from .world import World

_ENTERING = (".__enter__()", ".__aenter__()")
_CONTEXTS = frozenset({"enter_context", "enterContext", "enter_async_context", "enterAsyncContext"})
_LIMIT = 8  # values beyond which nobody can tell any more


class Evaluator:
    """Answers what terms may be."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._known: dict[tuple[Scope, str], frozenset[Value]] = {}
        self._stores: dict[Scope, Mapping[Place, Sequence[Store]]] = {}
        self._running: set[object] = set()
        self._bindings = Bindings(world)

    def values(self, scope: Scope, term: str) -> frozenset[Value]:
        """Return everything that a term of a body may be, as far as that is known; nothing where it isn't."""
        key = (scope, term)
        if key not in self._known:
            if key in self._running:
                return NOTHING
            self._running.add(key)
            try:
                found = frozenset().union(*(self._alternative(scope, part) for part in term.split("|")))
            finally:
                self._running.discard(key)
            self._known[key] = found if len(found) <= _LIMIT else NOTHING
        return self._known[key]

    def places(self, scope: Scope, term: str) -> frozenset[Place]:
        return frozenset(value for value in self.values(scope, term) if isinstance(value, Place))

    def _alternative(self, scope: Scope, term: str) -> frozenset[Value]:
        if term == "?" or not term:
            return NOTHING
        if term[0] in "=\\" and term[1:].isdigit():
            return frozenset({Datum(scope, term)})
        if term.endswith("[]"):
            return self._items(scope, self.values(scope, term[:-2]))
        if term.endswith(_ENTERING):
            return self._entered(scope, self.values(scope, term.removesuffix(CALLED).rpartition(".")[0]), term)
        if term.endswith(CALLED):
            return self._called(scope, self.values(scope, term[:-2]))
        base, dot, name = term.rpartition(".")
        if dot:
            return self._attributes(scope, base, name, term)
        if term[0] == "#":
            return self._call(scope, int(term[1:]))
        if term[0] == "&":
            return frozenset({Local(Scope(scope.path, term[1:].replace("/", ".")))})
        return self._bindings.of(scope, term, self.values)

    # What an attribute is.

    def _attributes(self, scope: Scope, base: str, name: str, term: str) -> frozenset[Value]:
        owners = self.values(scope, base)
        if not owners:
            is_free = _is_plain(term) and not self._bindings.is_bound(scope, term)
            return self._bindings.imported(scope, term, self.values) if is_free else NOTHING
        return frozenset().union(*(self._attribute(scope, owner, name) for owner in owners))

    def _attribute(self, scope: Scope, owner: Value, name: str) -> frozenset[Value]:
        if isinstance(owner, Place):
            place = owner.at(name)
            return frozenset({place}) | self.assigned(scope, place)
        if isinstance(owner, Self):
            return self._own(owner, name)
        if isinstance(owner, Real):
            stored = self._stored_on(scope, owner, name)
            thing = self.world.objects.member(owner.thing, name)
            is_known = thing.what not in (What.UNKNOWN, What.MISSING)
            return stored | {self._bindings.as_value(thing)} if is_known else stored
        return NOTHING

    def assigned(self, scope: Scope, place: Place) -> frozenset[Value]:
        """Return what was put at a place of a mock, in the body that looks at it or in the one that made the mock."""
        found: set[Value] = set(self._configured(place))
        for where in dict.fromkeys((scope, place.scope)):
            for store in self.stores(where).get(place, ()):
                found |= self.values(where, store.value)
        found.discard(place)
        return frozenset(found)

    def _configured(self, place: Place) -> frozenset[Value]:
        """Return what the call that made a mock put at a place, by keyword."""
        if not place.steps:
            return NOTHING
        call = self.world.call(place.scope, place.number)
        name = "return_value" if place.steps[-1] == CALLED else place.steps[-1]
        if len(place.steps) == 1 and (term := dict(call.keywords).get(name)):
            return self.values(place.scope, term)
        return NOTHING

    def stores(self, scope: Scope) -> Mapping[Place, Sequence[Store]]:
        """Return the assignments of a body to places of mocks, by the place that is assigned."""
        if scope not in self._stores:
            found: dict[Place, list[Store]] = defaultdict(list)
            self._stores[scope] = found  # each assignment sees those before it
            outer = self._known, self._running
            self._known, self._running = {}, set()
            body = self.world.body(scope)
            for store in body.stores if body else ():
                if store.attr != "[]":
                    for base in self.places(scope, store.base):
                        found[base.at(store.attr)].append(store)
                    self._known.clear()
            self._known, self._running = outer
        return self._stores[scope]

    def _own(self, owner: Self, name: str) -> frozenset[Value]:
        """Return what `self.name` may be: what methods assign to it, else what the class says."""
        found: set[Value] = set()
        methods = [*self.world.methods(owner.scope)]
        for method in methods:
            body = self.world.body(method)
            own = body.parameters[0].name if body and body.parameters else ""
            for store in body.stores if body else ():
                if own and store.base == own and store.attr == name:
                    found |= self.values(method, store.value)
        if found:
            return frozenset(found)
        for method in methods:
            if method.qualname.rpartition(".")[2] == name:
                return frozenset({Local(method)})
        for base in self.world.lineage(owner.scope):
            body = self.world.body(base)
            if body is not None and name in body.bindings:
                return self.values(base, body.bindings[name])
        return NOTHING

    def _stored_on(self, scope: Scope, owner: Real, name: str) -> frozenset[Value]:
        """Return what a test assigned to an attribute of an object that it made itself."""
        if owner.scope is None:
            return NOTHING
        found: set[Value] = set()
        for where in dict.fromkeys((scope, owner.scope)):
            body = self.world.body(where)
            for store in body.stores if body else ():
                if store.attr == name and store.value and owner in self.values(where, store.base):
                    found |= self.values(where, store.value)
        return frozenset(found)

    # What a call gives.

    def _call(self, scope: Scope, number: int) -> frozenset[Value]:
        call = self.world.call(scope, number)
        tag = call.tag
        if tag in CONSTRUCTORS:
            return frozenset({Place(scope, number)})
        if tag.startswith("mocker."):
            return self.patched(scope, number)
        if tag.startswith("patch"):
            return frozenset({Patcher(scope, number)})
        if tag:
            return NOTHING
        last = call.callee.rpartition(".")[2]
        if last in _CONTEXTS and call.args:
            return self._entered(scope, self.values(scope, call.args[0]))
        if call.callee in ("cast", "typing.cast") and len(call.args) == 2:
            return self.values(scope, call.args[1])
        if last == "__new__" and call.args:
            return self._called(scope, self.values(scope, call.args[0]), number)
        if call.callee in ("partial", "functools.partial") and call.args:
            return self.values(scope, call.args[0])
        if last == "start" and (base := call.callee.rpartition(".")[0]):
            started = [each for each in self.values(scope, base) if isinstance(each, Patcher)]
            if started:
                return self._entered(scope, frozenset(started))
        return self._called(scope, self.values(scope, call.callee), number)

    def patched(self, scope: Scope, number: int) -> frozenset[Value]:
        """Return what a patch puts in place: the object that it is given, else a mock of its own."""
        call = self.world.call(scope, number)
        new = new_of(call)
        return self.values(scope, new) if new else frozenset({Place(scope, number)})

    def _entered(self, scope: Scope, managers: frozenset[Value], term: str = ".__enter__()") -> frozenset[Value]:
        """Return what a `with` statement over one of `managers` binds."""
        dunder = "__aenter__" if term.endswith(".__aenter__()") else "__enter__"
        found: set[Value] = set()
        for each in managers:
            if isinstance(each, Patcher):
                found |= self.patched(each.scope, each.number)
            elif isinstance(each, Place):
                place = each.at(dunder).at("return_value")
                found |= {place} | self.assigned(scope, place)
            elif isinstance(each, Real):
                thing = self.world.objects.entered(each.thing)
                if thing.what not in (What.UNKNOWN, What.MISSING):
                    found.add(Real(thing))
        return frozenset(found)

    def given(self, scope: Scope, function: Value) -> frozenset[Value]:
        """Return what is made of a function that gives something by returning or by yielding it."""
        if isinstance(function, Local):
            return returned(self.world, function.scope, self.values)
        return self._result(scope, function, -1)

    def _called(self, scope: Scope, callees: frozenset[Value], number: int = -1) -> frozenset[Value]:
        found: set[Value] = set()
        for callee in callees:
            found |= self._result(scope, callee, number)
        return frozenset(found)

    def _result(self, scope: Scope, callee: Value, number: int) -> frozenset[Value]:
        if isinstance(callee, Place):
            place = callee.at("return_value")
            return frozenset({place}) | self.assigned(scope, place)
        if isinstance(callee, Local):
            return self._result_of_local(scope, callee, number)
        if isinstance(callee, Real):
            thing = self.world.objects.returned(callee.thing)
            if thing.what in (What.UNKNOWN, What.MISSING):
                return NOTHING
            return frozenset({Real(thing, scope, number) if callee.thing.what is What.CLASS else Real(thing)})
        if isinstance(callee, Datum) and callee.term.startswith("\\"):
            body = self.world.body(callee.scope)
            return self.values(callee.scope, body.lambdas[int(callee.term[1:])].body) if body else NOTHING
        return NOTHING

    def _result_of_local(self, scope: Scope, callee: Local, number: int) -> frozenset[Value]:
        body = self.world.body(callee.scope)
        if body is None:
            return NOTHING
        if body.kind == "class":
            thing = self.world.objects.returned(self.world.objects.named(callee.scope.path, callee.scope.qualname))
            return frozenset({Real(thing, scope, number)}) if thing.what is What.INSTANCE else NOTHING
        # What a generator yields is not what a call of it gives.
        return NOTHING if body.is_generator else returned(self.world, callee.scope, self.values)

    def _items(self, scope: Scope, values: frozenset[Value]) -> frozenset[Value]:
        """Return what the items of a container that is written out may be.

        A loop goes over all items of a list. Of a dictionary one is taken by its key: which of several isn't known.
        """
        found: set[Value] = set()
        for value in values:
            if isinstance(value, Datum) and (literal := self.literal(value)) is not None:
                items = [self.values(value.scope, item) for item in literal.items]
                if literal.kind != "dict" or sum(map(bool, items)) == 1:
                    found |= frozenset().union(*items)
        return frozenset(found)

    def literal(self, value: Datum) -> Literal | None:
        body = self.world.body(value.scope)
        return body.literals[int(value.term[1:])] if body and value.term.startswith("=") else None

    def text(self, scope: Scope, term: str) -> str:
        """Return the text of a string, of a name that is bound to one, or of simple pieces of an f-string."""
        texts = {self._string(value) for value in self.values(scope, term) if isinstance(value, Datum)}
        return texts.pop() if len(texts) == 1 else ""

    def _string(self, value: Datum) -> str:
        literal = self.literal(value)
        if literal is None or literal.kind not in ("str", "f-string"):
            return ""
        parts = [self.text(value.scope, item) for item in literal.items]
        return literal.text or ("".join(parts) if all(parts) else "")


def _is_plain(term: str) -> bool:
    return term.replace(".", "").replace("_", "").isalnum() and not term[0].isdigit()
