"""Targets: what a patch replaces, and what an attribute of an object is that a mock is put at."""

from __future__ import annotations

from collections.abc import Iterator

from greenmod.api import Thing, What

from ..survey.rows import Call
from .calls import argument
from .evaluating import Evaluator
from .role import Role, RolesOf, alternatives, is_known
from .values import Datum, Local, Place, Real, Scope, Self, Value
from .views import held_by, view_of


class Targets:
    """Answers what stands, in reality, where a test puts something."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.world = evaluator.world
        self.evaluator = evaluator

    def of(self, scope: Scope, call: Call, roles: RolesOf) -> Iterator[Role]:
        """Yield what a patch replaces; `roles` says what the places of mocks stand for."""
        where = f"patched at {scope.path}:{call.at[0]}"
        if {"create", "raising"} & dict(call.keywords).keys():
            return
        named = self.named(scope, call)
        if named:
            thing = self.world.objects.imported(named, scope.path)
            yield from alternatives(Role(thing, view_of(self.world, scope.path, named), where, is_target=True))
            return
        tag = call.tag.removeprefix("mocker.")
        owner_term, name_term = argument(call, 0, "target"), argument(call, 1, "attribute")
        if tag == "patch.multiple":
            yield from self._owners(scope, owner_term, where)
        elif tag in ("patch.object", "setattr") and name_term:
            name = self.evaluator.text(scope, name_term)
            owners = self.evaluator.values(scope, owner_term) if name else ()
            if not owners:
                unknown = Thing(
                    What.UNKNOWN, reason=f"what is patched isn't known: `{owner_term}`", rule="unresolved-target"
                )
                yield Role(unknown, None, where, is_target=True, name=name)
            for owner in owners:
                if isinstance(owner, Place):
                    yield from roles(owner.at(name))
                else:
                    for role in self.at_attribute(owner, name, where):
                        yield from alternatives(role._replace(is_target=True))
        elif tag == "patch" and owner_term:
            unknown = Thing(What.UNKNOWN, reason="its target is made at run time", rule="unresolved-target")
            yield Role(unknown, None, where, is_target=True, name=self._last_part(scope, owner_term))

    def _last_part(self, scope: Scope, term: str) -> str:
        """Return the name that a string ends with, though it is made at run time; empty where that isn't known."""
        for value in self.evaluator.values(scope, term):
            literal = self.evaluator.literal(value) if isinstance(value, Datum) else None
            if literal is not None and literal.items:
                return self.evaluator.text(scope, literal.items[-1]).rpartition(".")[2]
        return ""

    def _owners(self, scope: Scope, term: str, where: str) -> Iterator[Role]:
        """Yield what `patch.multiple` replaces attributes of."""
        if named := self.evaluator.text(scope, term):
            thing = self.world.objects.imported(named, scope.path)
            if thing.what is What.UNKNOWN and "." not in named:
                thing = self.world.objects.named(scope.path, named)
            yield Role(thing, None, where)
            return
        for owner in self.evaluator.values(scope, term):
            if isinstance(owner, Real):
                yield Role(owner.thing, None, where)

    def named(self, scope: Scope, call: Call) -> str:
        """Return the target of a patch that is given as a string; empty for others."""
        tag = call.tag.removeprefix("mocker.")
        if tag == "patch" or (tag == "setattr" and len(call.args) == 2):
            return self.evaluator.text(scope, argument(call, 0, "target"))
        return ""

    def said(self, scope: Scope, call: Call) -> str:
        """Return the target of a patch in words: the whole string, or the name of the attribute."""
        if named := self.named(scope, call):
            return named
        return self.evaluator.text(scope, argument(call, 1, "attribute")) or "the target"

    def at_attribute(self, owner: Value, name: str, because: str) -> Iterator[Role]:
        """Yield what an object becomes that is put at an attribute of `owner`."""
        if isinstance(owner, Real):
            thing = self.world.objects.member(owner.thing, name)
            yield Role(thing, held_by(owner.thing, name), because, has_known_owner=is_known(owner.thing))
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
                    yield Role(self.world.objects.member(thing, name), held_by(thing, name), because)
                    return
