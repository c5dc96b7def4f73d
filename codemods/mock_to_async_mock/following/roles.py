"""What a mock takes the place of: where it is put, handed to, or what it is made to resemble."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from greenmod.api import Thing, What

from ..survey.rows import Call, Store
from ..survey.tags import CONSTRUCTORS
from .calls import argument, new_of
from .evaluating import Evaluator
from .uses import Uses
from .values import CALLED, Datum, Local, Place, Real, Scope, Self, Value
from .views import View, parameter_views
from .world import World

_DEPTH = 8
_DEPENDS = re.compile(r"\b(?:Depends|Security)\(\s*([\w.]+)")


class Role(NamedTuple):
    """What a mock stands for: the real thing, as far as it is known, and how production code holds it.

    `because` says in words how the mock came to it. `is_spec`: the mock only resembles it; `is_target`: a patch names
    it, `name` is what it names in something unknown; `is_one_of_several`: an annotation says that it is this or
    something else; `is_argument`: it fills a parameter.
    """

    thing: Thing | None
    view: View | None
    because: str
    is_spec: bool = False
    is_target: bool = False
    is_one_of_several: bool = False
    is_argument: bool = False
    name: str = ""


class Flow(NamedTuple):
    """A mock, or what stands at `steps` on it, is put somewhere: a role of its own, or a place on another mock."""

    steps: tuple[str, ...]
    to: Role | Place


class Roles:
    """Answers what stands at the places of mocks in reality."""

    def __init__(self, world: World, evaluator: Evaluator, uses: Uses) -> None:
        self.world = world
        self.evaluator = evaluator
        self.uses = uses
        self.sealed: set[Place] = set()
        self._files: dict[str, tuple[str, ...]] = {}
        self._flows: dict[str, Mapping[Place, tuple[Flow, ...]]] = {}
        self._known: dict[Place, tuple[Role, ...]] = {}

    def of(self, place: Place, depth: int = 0) -> tuple[Role, ...]:
        """Return everything that a place stands for."""
        if place not in self._known:
            if depth > _DEPTH:
                return ()
            self._known[place] = ()
            self._known[place] = tuple(dict.fromkeys(self._find(place, depth)))
        return self._known[place]

    def _find(self, place: Place, depth: int) -> Iterator[Role]:
        if not place.steps:
            yield from self._of_origin(place, depth)
        else:
            name = place.steps[-1]
            for role in self.of(place.parent, depth + 1):
                yield from (self.further(each, name) for each in _alternatives(role))
        for flow in self._flows_of(place.origin):
            if flow.steps == place.steps and place.steps:
                yield from (flow.to,) if isinstance(flow.to, Role) else self.of(flow.to, depth + 1)

    def further(self, role: Role, step: str) -> Role:
        """Return the role of an attribute, or of what a call gives."""
        objects = self.world.objects
        thing = role.thing
        if thing is not None:
            thing = objects.returned(thing) if step == CALLED else objects.member(thing, step)
        view = role.view.at(step) if role.view is not None else None
        if step.startswith("="):  # one of the attributes that `patch.multiple` replaces
            owner = role.thing
            thing = objects.member(owner, step[1:]) if owner is not None else None
            view = self._held(owner, step[1:]) if owner is not None else None
            return Role(thing, view, role.because, is_target=True)
        return Role(thing, view, role.because, role.is_spec, is_one_of_several=role.is_one_of_several)

    def _of_origin(self, place: Place, depth: int) -> Iterator[Role]:
        call = self.world.call(place.scope, place.number)
        if call.tag not in CONSTRUCTORS:
            yield from self.target(place.scope, call)
            return
        yield from self.specified(place.scope, call)
        for flow in self._flows_of(place):
            if not flow.steps:
                yield from (flow.to,) if isinstance(flow.to, Role) else self.of(flow.to, depth + 1)

    def specified(self, scope: Scope, call: Call) -> Iterator[Role]:
        """Yield what a mock is made to resemble by `spec`."""
        keywords = dict(call.keywords)
        term = keywords.get("spec") or keywords.get("spec_set") or (call.args[0] if call.args else "")
        for value in self.evaluator.values(scope, term) if term else ():
            if isinstance(value, Real):
                thing = value.thing
                is_instance = thing.what is What.CLASS and call.tag != "create_autospec"
                yield Role(
                    self.world.objects.returned(thing) if is_instance else thing,
                    None,
                    f"made to resemble `{term}`",
                    is_spec=True,
                )

    # Patches.

    def target(self, scope: Scope, call: Call) -> Iterator[Role]:
        """Yield what a patch replaces."""
        where = f"patched at {scope.path}:{call.at[0]}"
        if {"create", "raising"} & dict(call.keywords).keys():
            return
        named = self.target_name(scope, call)
        if named:
            thing = self.world.objects.imported(named, scope.path)
            yield from _alternatives(Role(thing, self._view_of(scope, named), where, is_target=True))
            return
        tag = call.tag.removeprefix("mocker.")
        owner_term, name_term = argument(call, 0, "target"), argument(call, 1, "attribute")
        if tag == "patch.multiple":
            yield from self._owners(scope, owner_term, where)
        elif tag in ("patch.object", "setattr") and name_term:
            name = self._text(scope, name_term)
            owners = self.evaluator.values(scope, owner_term) if name else ()
            if not owners:
                unknown = Thing(
                    What.UNKNOWN, reason=f"what is patched isn't known: `{owner_term}`", rule="unresolved-target"
                )
                yield Role(unknown, None, where, is_target=True, name=name)
            for owner in owners:
                if isinstance(owner, Place):
                    yield from self.of(owner.at(name))
                else:
                    for role in self._put(owner, name, where):
                        yield from _alternatives(role._replace(is_target=True))
        elif tag == "patch" and owner_term:
            unknown = Thing(What.UNKNOWN, reason="its target is made at run time", rule="unresolved-target")
            yield Role(unknown, None, where, is_target=True, name=self._last_part(scope, owner_term))

    def _last_part(self, scope: Scope, term: str) -> str:
        """Return the name that a string ends with, though it is made at run time; empty where that isn't known."""
        for value in self.evaluator.values(scope, term):
            literal = self.evaluator.literal(value) if isinstance(value, Datum) else None
            if literal is not None and literal.items:
                return self._text(scope, literal.items[-1]).rpartition(".")[2]
        return ""

    def _owners(self, scope: Scope, term: str, where: str) -> Iterator[Role]:
        """Yield what `patch.multiple` replaces attributes of."""
        if named := self._text(scope, term):
            thing = self.world.objects.imported(named, scope.path)
            if thing.what is What.UNKNOWN and "." not in named:
                thing = self.world.objects.named(scope.path, named)
            yield Role(thing, None, where)
            return
        for owner in self.evaluator.values(scope, term):
            if isinstance(owner, Real):
                yield Role(owner.thing, None, where)

    def target_name(self, scope: Scope, call: Call) -> str:
        """Return the target of a patch that is given as a string; empty for others."""
        tag = call.tag.removeprefix("mocker.")
        if tag == "patch" or (tag == "setattr" and len(call.args) == 2):
            return self._text(scope, argument(call, 0, "target"))
        return ""

    def target_said(self, scope: Scope, call: Call) -> str:
        """Return the target of a patch in words: the whole string, or the name of the attribute."""
        if named := self.target_name(scope, call):
            return named
        return self._text(scope, argument(call, 1, "attribute")) or "the target"

    def _text(self, scope: Scope, term: str) -> str:
        """Return the text of a string, of a name that is bound to one, or of simple pieces of an f-string."""
        texts = {self._string(value) for value in self.evaluator.values(scope, term) if isinstance(value, Datum)}
        return texts.pop() if len(texts) == 1 else ""

    def _string(self, value: Datum) -> str:
        literal = self.evaluator.literal(value)
        if literal is None or literal.kind not in ("str", "f-string"):
            return ""
        parts = [self._text(value.scope, item) for item in literal.items]
        return literal.text or ("".join(parts) if all(parts) else "")

    def _view_of(self, scope: Scope, named: str) -> View | None:
        """Return how production code holds what a string names: a global of its module, or an attribute of a class."""
        owner, _, name = named.rpartition(".")
        if path := self.world.project.module_path(owner, scope.path):
            return View("name", Scope(path, ""), name)
        thing = self.world.objects.imported(owner, scope.path)
        if (thing.what is What.MODULE and thing.is_library) or "." not in owner:
            return View("library", Scope(owner, ""), name)
        return self._held(thing, name)

    def _held(self, owner: Thing, name: str) -> View | None:
        if owner.is_library:
            return None
        if owner.what is What.MODULE:
            return View("name", Scope(owner.file, ""), name)
        if owner.what in (What.CLASS, What.INSTANCE):
            return View("attribute", Scope(owner.file, owner.qualname), name)
        return None

    def _put(self, owner: Value, name: str, because: str) -> Iterator[Role]:
        """Yield what an object becomes that is put at an attribute of `owner`."""
        if isinstance(owner, Real):
            thing = self.world.objects.member(owner.thing, name)
            yield Role(thing, self._held(owner.thing, name), because)
        elif isinstance(owner, Local):
            known = self.world.objects.named(owner.scope.path, owner.scope.qualname)
            yield Role(self.world.objects.member(known, name), None, because)
        elif isinstance(owner, Self):
            yield from self._inherited(owner.scope, name, because)

    def _inherited(self, owner: Scope, name: str, because: str) -> Iterator[Role]:
        """Yield what an attribute of a test's own class takes the place of in a class of production code."""
        for base in self.world.lineage(owner)[1:]:
            if base.path not in self.world.followed:
                thing = self.world.objects.returned(self.world.objects.named(base.path, base.qualname))
                if thing.what is What.INSTANCE:
                    yield Role(self.world.objects.member(thing, name), self._held(thing, name), because)
                    return

    # Flows.

    def _flows_of(self, origin: Place) -> Iterator[Flow]:
        for path in self._files_of(origin):
            yield from self.flows(path).get(origin, ())

    def _files_of(self, origin: Place) -> tuple[str, ...]:
        """Return the files in which a mock may be put somewhere: its own, and those that ask for its fixture."""
        path = origin.scope.path
        if path not in self._files:
            is_conftest = path.rpartition("/")[2] == "conftest.py"
            self._files[path] = (path, *self._sharers(path)) if is_conftest or self._is_shared(path) else (path,)
        return self._files[path]

    def _is_shared(self, path: str) -> bool:
        return bool(self._importers.get(path))

    @cached_property
    def _importers(self) -> Mapping[str, frozenset[str]]:
        found: dict[str, set[str]] = defaultdict(set)
        for path in self.world.followed:
            facts = self.world.project.facts(path)
            for fact in facts.imports if facts else ():
                module = fact.target if fact.name == "*" else fact.target.rpartition(".")[0]
                target = self.world.project.module_path(module, path) if module.strip(".") or module else None
                if target is not None and target in self.world.followed:
                    found[target].add(path)
        return {path: frozenset(importers) for path, importers in found.items()}

    def _sharers(self, path: str) -> tuple[str, ...]:
        """Return the test files that a conftest serves, or that import from a file."""
        folder, _, name = path.rpartition("/")
        prefix = f"{folder}/" if folder else ""
        served = [each for each in self.world.followed if each.startswith(prefix)] if name == "conftest.py" else []
        found = {*served, *self._importers.get(path, ())} - {path}
        return tuple(sorted(found))

    def flows(self, path: str) -> Mapping[Place, tuple[Flow, ...]]:
        """Return where the mocks go that the functions of a file put somewhere, by the mock."""
        if path not in self._flows:
            self._flows[path] = {}
            found: dict[Place, list[Flow]] = defaultdict(list)
            for qualname in self.world.bodies(path):
                scope = Scope(path, qualname)
                for origin, flow in self._of_body(scope):
                    found[origin].append(flow)
            self._flows[path] = {origin: tuple(dict.fromkeys(flows)) for origin, flows in found.items()}
        return self._flows[path]

    def _of_body(self, scope: Scope) -> Iterator[tuple[Place, Flow]]:
        body = self.world.body(scope)
        if body is None:
            return
        for number, call in enumerate(body.calls):
            yield from self._of_call(scope, number, call)
        for store in body.stores:
            yield from self._of_store(scope, store)

    def _of_call(self, scope: Scope, number: int, call: Call) -> Iterator[tuple[Place, Flow]]:
        tag = call.tag.removeprefix("mocker.")
        if tag in CONSTRUCTORS:
            yield from self._of_keywords(scope, Place(scope, number), call)
        elif tag in ("patch", "patch.object", "setattr"):
            new = new_of(call) if tag != "setattr" else call.args[-1] if call.args else ""
            mocks = self.evaluator.places(scope, new) if new else frozenset()
            for role in self.target(scope, call) if mocks else ():
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
        names = self._text(scope, base) if base.startswith("=") else ""
        facts = self.world.project.facts(scope.path)
        if mocks and not names and facts is not None and base[:1] not in "#=\\?&":
            names = next(iter(facts.qualified_names(base, scope.qualname)), "")
        view = self._view_of(scope, names) if names else None
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
                    for role in self.argument(callee.thing, name, f"handed over at {scope.path}:{call.at[0]}"):
                        yield from _flowing(places, role)

    def argument(self, thing: Thing, name: int | str, because: str) -> Iterator[Role]:
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
                for role in self._put(owner, store.attr, because):
                    yield from _flowing(mocks, role)
                if isinstance(owner, Real):
                    for role in self._handed_over(scope, owner):
                        yield from _flowing(mocks, self.further(role, store.attr))

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
                        yield from (role._replace(thing=None) for role in self.argument(callee.thing, name, because))

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
                for view in self.dependents.get(Scope(dependency.file, dependency.qualname), ()):
                    yield from _flowing(mocks, Role(None, view, because))

    @cached_property
    def dependents(self) -> Mapping[Scope, tuple[View, ...]]:
        """The parameters that FastAPI fills with what a function returns, by the function."""
        found: dict[Scope, list[View]] = defaultdict(list)
        for path in self.world.production:
            for qualname, bodies in self.world.bodies(path).items():
                for parameter in bodies[-1].parameters if bodies[-1].kind in ("function", "method") else ():
                    match = _DEPENDS.search(parameter.default) or _DEPENDS.search(parameter.annotation)
                    if match and (function := self._function(path, match[1], qualname)):
                        found[function].append(View("parameter", Scope(path, qualname), parameter.name))
        return {scope: tuple(views) for scope, views in found.items()}

    @cached_property
    def dependencies(self) -> Mapping[Scope, tuple[tuple[str, str], ...]]:
        """Where production code writes `Depends(f)`, by the function: the file, and `file:line`."""
        found: dict[Scope, list[tuple[str, str]]] = defaultdict(list)
        for function, views in self.dependents.items():
            for view in views:
                body = self.world.body(view.scope)
                found[function].append((view.scope.path, f"{view.scope.path}:{body.line if body else 1}"))
        for path in self.world.production:
            for qualname, bodies in self.world.bodies(path).items():
                for call in bodies[-1].calls:
                    is_one = call.callee.rpartition(".")[2] in ("Depends", "Security") and call.args
                    if is_one and (known := self._function(path, call.args[0], qualname)):
                        found[known].append((path, f"{path}:{call.at[0]}"))
        return {scope: tuple(places) for scope, places in found.items()}

    def _function(self, path: str, name: str, scope: str) -> Scope | None:
        """Return the function of the repository that a name stands for."""
        if name.startswith("&"):
            return Scope(path, name[1:].replace("/", "."))
        if name[:1] in "#=\\?":
            return None
        thing = self.world.objects.named(path, name, scope)
        if thing.what is not What.FUNCTION or thing.is_library:
            return None
        return Scope(thing.file, thing.qualname)


def _alternatives(role: Role) -> Iterator[Role]:
    """Yield what a role may be: of a union each member."""
    among = role.thing.arguments if role.thing is not None and role.thing.what is What.UNKNOWN else ()
    yield from (role._replace(thing=thing, is_one_of_several=True) for thing in among)
    if not among:
        yield role


def _flowing(mocks: Iterable[Place], to: Role | Place) -> Iterator[tuple[Place, Flow]]:
    for mock in mocks:
        if mock != to:
            yield mock.origin, Flow(mock.steps, to)
