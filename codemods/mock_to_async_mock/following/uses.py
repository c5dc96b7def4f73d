"""What production code does with its objects: which attributes it calls, and whether it awaits what they give."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property

from ..survey.rows import Body, Store
from .predicates import Predicates
from .use import Use, chains, uses_of
from .values import CALLED, Scope
from .views import View, parameter_of, parameter_views
from .world import World

_DEPTH = 4  # functions that an argument is followed through
# The last step of a use that is no call.
_UNCALLED = frozenset({("await",), ("inspected",)})


class Uses:
    """Answers how production code uses what a View shows."""

    def __init__(self, world: World, predicates: Predicates) -> None:
        self.world = world
        self.predicates = predicates
        self._roots: dict[Scope, Mapping[str, tuple[Use, ...]]] = {}
        self._known: dict[View, tuple[Use, ...]] = {}
        self._exact: dict[View, tuple[Use, ...]] = {}

    def of(self, view: View) -> tuple[Use, ...]:
        """Return the uses of exactly what a view shows: the calls of it, and `async with` or `await` on it itself."""
        if view not in self._exact:
            count = len(view.steps)
            self._exact[view] = tuple(
                use
                for use in self.all(view)
                if use.steps[:count] == view.steps and (len(use.steps) == count or use.steps[count:] in _UNCALLED)
            )
        return self._exact[view]

    def all(self, view: View) -> tuple[Use, ...]:
        """Return the uses of what a view begins at, and of everything below."""
        view = view._replace(steps=())
        if view not in self._known:
            self._known[view] = ()  # what leads back here adds nothing
            self._known[view] = tuple(dict.fromkeys(self._search(view, 0)))
        return self._known[view]

    def _search(self, view: View, depth: int) -> Iterator[Use]:
        if view.kind == "parameter":
            yield from self._of_parameter(view, depth)
        elif view.kind == "attribute":
            for method in self._methods(view.scope):
                yield from self._under(method, view.name)
            yield from self._of_instances(view)
        elif view.kind == "library":
            for path, name in self._importers.get(view.scope.path, ()):
                for qualname in self.world.bodies(path):
                    for use in self._rooted(Scope(path, qualname)).get(name, ()):
                        if use.steps[:1] == (view.name,):
                            yield use._replace(steps=use.steps[1:])
        else:
            for qualname in self.world.bodies(view.scope.path):
                scope = Scope(view.scope.path, qualname)
                if not self._is_bound(scope, view.name):
                    yield from self._rooted(scope).get(view.name, ())

    @cached_property
    def _importers(self) -> Mapping[str, tuple[tuple[str, str], ...]]:
        """The files that import a library as a module, with the name that they have for it, by the library."""
        found: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for path in self.world.production:
            facts = self.world.project.facts(path)
            for fact in facts.imports if facts else ():
                if fact.name != "*" and not fact.target.startswith("."):
                    found[fact.target].append((path, fact.name))
        return {module: tuple(files) for module, files in found.items()}

    def _of_instances(self, view: View) -> Iterator[Use]:
        """Yield the uses of an attribute of parameters that are annotated with its class."""
        word = re.compile(rf"\b{re.escape(view.scope.qualname.rpartition('.')[2])}\b")
        for scope in self._holders.get(view.name, ()):
            body = self.world.body(scope)
            for parameter in body.parameters if body else ():
                if word.search(parameter.annotation) and body and body.kind != "class":
                    thing = self.world.objects.annotated(scope.path, parameter.annotation, scope.qualname)
                    if (thing.file, thing.qualname) == view.scope:
                        for use in self._rooted(scope).get(parameter.name, ()):
                            if use.steps[:1] == (view.name,):
                                yield use._replace(steps=use.steps[1:])

    @cached_property
    def _holders(self) -> Mapping[str, frozenset[Scope]]:
        """The functions with annotated parameters, by the names of the attributes that they look at."""
        found: dict[str, set[Scope]] = defaultdict(set)
        for path in self.world.production:
            for qualname, bodies in self.world.bodies(path).items():
                annotated = {each.name for each in bodies[-1].parameters if each.annotation}
                for call in bodies[-1].calls if annotated else ():
                    root, _, rest = call.callee.partition(".")
                    if root in annotated and "." in rest:
                        found[rest.partition(".")[0]].add(Scope(path, qualname))
        return {name: frozenset(scopes) for name, scopes in found.items()}

    def _of_parameter(self, view: View, depth: int) -> Iterator[Use]:
        body = self.world.body(view.scope)
        if body is None or depth > _DEPTH:
            return
        yield from self._rooted(view.scope).get(view.name, ())
        for qualname in self.world.bodies(view.scope.path):
            inner = Scope(view.scope.path, qualname)
            if qualname.startswith(f"{view.scope.qualname}.") and not self._is_bound(inner, view.name, view.scope):
                yield from self._rooted(inner).get(view.name, ())
        owner = self.world.class_of(view.scope) if body.parameters else None
        if owner is not None:
            for store in body.stores:
                if view.name in store.value.split("|"):
                    yield from self._of_stored(owner, body.parameters[0].name, store)
        for call in body.calls:
            for name, term in call.arguments:
                if view.name in term.split("|"):
                    yield from self._handed_on(view.scope, call.callee, name, depth)

    def _of_stored(self, owner: Scope, instance: str, store: Store) -> Iterator[Use]:
        """Follow what a method keeps: `self.handler = …`, `self.handlers[key] = …`."""
        if store.base == instance and store.attr != "[]":
            yield from self.all(View("attribute", owner, store.attr))
        root, _, name = store.base.partition(".")
        if root == instance and store.attr == "[]" and name.isidentifier():
            for use in self.all(View("attribute", owner, name)):
                if use.steps[:1] == ("[]",):
                    yield use._replace(steps=use.steps[1:])

    def _handed_on(self, scope: Scope, callee: str, argument: int | str, depth: int) -> Iterator[Use]:
        """Follow an argument into the function of the repository that is called with it."""
        body = self.world.body(scope)
        if body is not None and callee.startswith("#"):
            if [*chains(body, callee)] == [("super", (CALLED, "__init__"))]:
                yield from self._to_base(scope, argument, depth)
            return
        if callee[:1] in "=\\?" or "|" in callee:
            return
        name = callee[1:].replace("/", ".") if callee.startswith("&") else callee
        thing = self.world.objects.named(scope.path, name, "" if callee.startswith("&") else scope.qualname)
        for view in parameter_views(self.world, thing, argument):
            if view.kind == "parameter":
                yield from self._of_parameter(view, depth + 1)
            else:
                yield from self.all(view)

    def _to_base(self, scope: Scope, argument: int | str, depth: int) -> Iterator[Use]:
        """Follow an argument of `super().__init__(…)`."""
        owner = self.world.class_of(scope)
        for base in self.world.lineage(owner)[1:] if owner is not None else ():
            body = self.world.body(Scope(base.path, f"{base.qualname}.__init__"))
            if body is not None:
                if name := parameter_of(body, argument):
                    yield from self._of_parameter(View("parameter", Scope(base.path, body.qualname), name), depth + 1)
                return

    def _methods(self, owner: Scope) -> Iterator[Scope]:
        """Yield the methods of a class, its bases and its subclasses."""
        for each in (*self.world.lineage(owner), *self._subclasses.get(owner, ())):
            for qualname, bodies in self.world.bodies(each.path).items():
                if qualname.startswith(f"{each.qualname}.") and bodies[-1].kind in ("method", "function"):
                    yield Scope(each.path, qualname)

    @cached_property
    def _subclasses(self) -> Mapping[Scope, tuple[Scope, ...]]:
        found: dict[Scope, list[Scope]] = defaultdict(list)
        for path in self.world.production:
            facts = self.world.project.facts(path)
            for fact in facts.classes if facts else ():
                if fact.bases:
                    scope = Scope(path, fact.qualname)
                    for base in self.world.lineage(scope)[1:]:
                        found[base].append(scope)
        return {base: tuple(scopes) for base, scopes in found.items()}

    def overriding(self, owner: Scope, name: str) -> tuple[tuple[Scope, Body], ...]:
        """Return the methods of subclasses, in the repository, that take the place of a method of `owner`."""
        scopes = [Scope(each.path, f"{each.qualname}.{name}") for each in self._subclasses.get(owner, ())]
        return tuple((scope, body) for scope in scopes if (body := self.world.body(scope)) is not None)

    def _under(self, method: Scope, attribute: str) -> Iterator[Use]:
        """Yield the uses of `self.attribute` in a method, or in a function inside of one."""
        owner: Scope | None = method
        while owner is not None and (body := self.world.body(owner)) is not None and body.kind != "method":
            owner = Scope(owner.path, owner.qualname.rpartition(".")[0]) if owner.qualname else None
        body = self.world.body(owner) if owner else None
        if body is None or not body.parameters:
            return
        for use in self._rooted(method).get(body.parameters[0].name, ()):
            if use.steps[:1] == (attribute,):
                yield use._replace(steps=use.steps[1:])

    def _is_bound(self, scope: Scope, name: str, until: Scope | None = None) -> bool:
        """Tell whether `name` means something of a function's own in `scope`, below `until`."""
        place: Scope | None = scope
        while place is not None and place.qualname and place != until:
            body = self.world.body(place)
            if body is not None and body.kind != "class" and body.binds(name):
                return True
            place = Scope(place.path, place.qualname.rpartition(".")[0])
        return False

    def _rooted(self, scope: Scope) -> Mapping[str, tuple[Use, ...]]:
        """Return the uses in one body, by the name that they begin at."""
        if scope not in self._roots:
            found: dict[str, list[Use]] = defaultdict(list)
            for body in self.world.bodies(scope.path).get(scope.qualname, ()):
                for root, use in uses_of(scope.path, self.predicates.noted(scope.path, body)):
                    found[root].append(use)
            self._roots[scope] = {root: tuple(uses) for root, uses in found.items()}
        return self._roots[scope]
