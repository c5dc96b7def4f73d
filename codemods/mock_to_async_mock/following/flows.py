"""Flows: where mocks go, when tests assign them, hand them over, patch them in or override dependencies with them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from greenmod.api import Thing, What

from ..survey.rows import Call, Store
from ..survey.tags import CONSTRUCTORS
from .audience import Audience
from .calls import argument, new_of
from .dependencies import Dependencies
from .evaluating import Evaluator
from .role import Role, RolesOf, further
from .targets import Targets
from .values import Datum, Place, Real, Scope
from .views import View, parameter_views, view_of


class Flow(NamedTuple):
    """A mock, or what stands at `steps` on it, is put somewhere: a role of its own, or a place on another mock."""

    steps: tuple[str, ...]
    to: Role | Place


class Flows:
    """Answers where mocks are put. `sealed` holds those, of the files looked at so far, that nothing may be put on."""

    def __init__(self, evaluator: Evaluator, targets: Targets, audience: Audience, dependencies: Dependencies) -> None:
        self.world = evaluator.world
        self.evaluator = evaluator
        self.targets = targets
        self.audience = audience
        self.dependencies = dependencies
        self.sealed: set[Place] = set()
        self._known: dict[str, Mapping[Place, tuple[Flow, ...]]] = {}

    def of(self, origin: Place, roles: RolesOf) -> Iterator[Flow]:
        """Yield where a mock goes in all files that know it; `roles` says what the places of mocks stand for."""
        for path in self.audience.files_of(origin):
            yield from self.in_file(path, roles).get(origin, ())

    def in_file(self, path: str, roles: RolesOf) -> Mapping[Place, tuple[Flow, ...]]:
        """Return where the mocks go that the functions of a file put somewhere, by the mock."""
        if path not in self._known:
            self._known[path] = {}
            found: dict[Place, list[Flow]] = defaultdict(list)
            for qualname in self.world.bodies(path):
                scope = Scope(path, qualname)
                for origin, flow in self._of_body(scope, roles):
                    found[origin].append(flow)
            self._known[path] = {origin: tuple(dict.fromkeys(flows)) for origin, flows in found.items()}
        return self._known[path]

    def _of_body(self, scope: Scope, roles: RolesOf) -> Iterator[tuple[Place, Flow]]:
        body = self.world.body(scope)
        if body is None:
            return
        for number, call in enumerate(body.calls):
            yield from self._of_call(scope, number, call, roles)
        for store in body.stores:
            yield from self._of_store(scope, store)

    def _of_call(self, scope: Scope, number: int, call: Call, roles: RolesOf) -> Iterator[tuple[Place, Flow]]:
        tag = call.tag.removeprefix("mocker.")
        if tag in CONSTRUCTORS:
            yield from self._of_keywords(scope, Place(scope, number), call)
        elif tag in ("patch", "patch.object", "setattr"):
            new = new_of(call) if tag != "setattr" else call.args[-1] if call.args else ""
            mocks = self.evaluator.places(scope, new) if new else frozenset()
            for role in self.targets.of(scope, call, roles) if mocks else ():
                yield from _flowing(mocks, role)
            if not new:
                yield from self._of_keywords(scope, Place(scope, number), call)
        elif tag == "patch.multiple":
            yield from self._of_keywords(scope, Place(scope, number), call, "=")
        elif tag == "patch.dict":
            yield from self._of_entries(scope, argument(call, 0, "in_dict"), argument(call, 1, "values"), call)
        elif tag == "setitem" and len(call.args) == 3:
            yield from self._of_entry(scope, call.args[0], self.evaluator.places(scope, call.args[2]), call.at[0])
        elif tag == "seal":
            self.sealed.update(*(self.evaluator.places(scope, arg) for arg in call.args))
        elif not tag:
            yield from self._of_arguments(scope, call)

    def _of_entries(self, scope: Scope, base: str, values: str, call: Call) -> Iterator[tuple[Place, Flow]]:
        """Yield the mocks that `patch.dict` puts into a dictionary."""
        for value in self.evaluator.values(scope, values) if values else ():
            if not isinstance(value, Datum):
                continue
            literal = self.evaluator.literal(value)
            for item in literal.items if literal is not None and literal.kind == "dict" else ():
                mocks = self.evaluator.places(value.scope, item)
                yield from self._of_entry(scope, base, mocks, call.at[0])

    def _of_entry(self, scope: Scope, base: str, mocks: frozenset[Place], line: int) -> Iterator[tuple[Place, Flow]]:
        names = self.evaluator.text(scope, base) if base.startswith("=") else ""
        facts = self.world.project.facts(scope.path)
        if mocks and not names and facts is not None and base[:1] not in "#=\\?&":
            names = next(iter(facts.qualified_names(base, scope.qualname)), "")
        view = view_of(self.world, scope.path, names) if names else None
        if view is not None:
            yield from _flowing(mocks, Role(None, view.at("[]"), f"put into `{base or names}` at {scope.path}:{line}"))

    def _of_keywords(self, scope: Scope, made: Place, call: Call, prefix: str = "") -> Iterator[tuple[Place, Flow]]:
        """Yield the mocks that a constructor is given as attributes of the one it makes."""
        for name, term in call.keywords:
            if name not in ("spec", "spec_set", "new_callable", "wraps", "side_effect", "**", "autospec", "name"):
                yield from _flowing(self.evaluator.places(scope, term), made.at(prefix + name))

    def _of_arguments(self, scope: Scope, call: Call) -> Iterator[tuple[Place, Flow]]:
        given = [(name, term) for name, term in call.arguments if term[:1] not in "=?*"]
        mocks = [(name, places) for name, term in given if (places := self.evaluator.places(scope, term))]
        if not mocks:
            return
        last = call.callee.rpartition(".")[2]
        if last == "attach_mock":
            self.sealed.update(*(places for _, places in mocks))
        for callee in self.evaluator.values(scope, call.callee):
            if isinstance(callee, Real):
                for name, places in mocks:
                    for role in self._argument(callee.thing, name, f"handed over at {scope.path}:{call.at[0]}"):
                        yield from _flowing(places, role)

    def _argument(self, thing: Thing, name: int | str, because: str) -> Iterator[Role]:
        """Yield what an argument of a call becomes in the function, or class, that is called."""
        for view in parameter_views(self.world, thing, name):
            yield Role(self._parameter_type(view), view, because, is_argument=True)

    def _parameter_type(self, view: View) -> Thing | None:
        objects = self.world.objects
        if view.kind == "attribute":
            owner = objects.named(view.scope.path, view.scope.qualname)
            return objects.member(objects.returned(owner), view.name)
        body = self.world.body(view.scope)
        parameter = next((each for each in body.parameters if each.name == view.name), None) if body else None
        if parameter is None or not parameter.annotation:
            return None
        return objects.annotated(view.scope.path, parameter.annotation, view.scope.qualname)

    def _of_store(self, scope: Scope, store: Store) -> Iterator[tuple[Place, Flow]]:
        if store.attr == "[]":
            yield from self._of_override(scope, store)
            return
        mocks = self.evaluator.places(scope, store.value) if store.value[:1] not in "=?" else frozenset()
        if not mocks:
            return
        because = f"assigned at {scope.path}:{store.at[0]}"
        for owner in self.evaluator.values(scope, store.base):
            if isinstance(owner, Place):
                if owner.at(store.attr) not in mocks:
                    yield from _flowing(mocks, owner.at(store.attr))
            else:
                for role in self.targets.at_attribute(owner, store.attr, because):
                    yield from _flowing(mocks, role)
                if isinstance(owner, Real):
                    for role in self._handed_over(scope, owner):
                        yield from _flowing(mocks, further(self.world.objects, role, store.attr))

    def _handed_over(self, scope: Scope, owner: Real) -> Iterator[Role]:
        """Yield what a real object becomes in the functions that a body calls with it."""
        body = self.world.body(scope)
        for call in body.calls if body else ():
            given = ((name, term) for name, term in call.arguments if term[:1] not in "=?*")
            names = [name for name, term in given if not call.tag and owner in self.evaluator.values(scope, term)]
            for callee in self.evaluator.values(scope, call.callee) if names else ():
                if isinstance(callee, Real):
                    for name in names:
                        because = f"handed over at {scope.path}:{call.at[0]}"
                        yield from (role._replace(thing=None) for role in self._argument(callee.thing, name, because))

    def _of_override(self, scope: Scope, store: Store) -> Iterator[tuple[Place, Flow]]:
        """Yield the mocks that FastAPI is told to use for a dependency: `app.dependency_overrides[get_db] = …`."""
        if not store.base.endswith("dependency_overrides") or not store.key:
            yield from self._of_entry(scope, store.base, self.evaluator.places(scope, store.value), store.at[0])
            return
        mocks: set[Place] = set()
        for value in self.evaluator.values(scope, store.value):
            result = self.evaluator.given(scope, value)
            mocks |= {each for each in result if isinstance(each, Place)}
        if not mocks:
            return
        because = f"overrides a dependency at {scope.path}:{store.at[0]}"
        for value in self.evaluator.values(scope, store.key):
            if isinstance(value, Real) and value.thing.what is What.FUNCTION:
                dependency = value.thing
                thing = self.world.objects.returned(dependency)
                yield from _flowing(mocks, Role(thing, None, because))
                for view in self.dependencies.parameters.get(Scope(dependency.file, dependency.qualname), ()):
                    yield from _flowing(mocks, Role(None, view, because))


def _flowing(mocks: Iterable[Place], to: Role | Place) -> Iterator[tuple[Place, Flow]]:
    for mock in mocks:
        if mock != to:
            yield mock.origin, Flow(mock.steps, to)
