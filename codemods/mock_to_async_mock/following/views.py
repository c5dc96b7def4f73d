"""Views: the names under which production code holds what a string names, an attribute, or an argument."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from greenmod.api import Thing, What

from ..survey.rows import Body
from .values import Scope
from .world import World


class View(NamedTuple):
    """A name under which production code holds an object.

    `kind` is `parameter` of the function `scope`, `attribute` of instances of the class `scope`, `name` in the module
    `scope`, or `library`, an attribute of a module that is not the repository's; `steps` lead on from there.
    """

    kind: str
    scope: Scope
    name: str
    steps: tuple[str, ...] = ()

    def at(self, *steps: str) -> View:
        return self._replace(steps=(*self.steps, *steps))


def view_of(world: World, path: str, named: str) -> View | None:
    """Return how production code holds what a string names: a global of a module, or an attribute of a class."""
    owner, _, name = named.rpartition(".")
    if module := world.project.module_path(owner, path):
        return View("name", Scope(module, ""), name)
    thing = world.objects.imported(owner, path)
    if (thing.what is What.MODULE and thing.is_library) or "." not in owner:
        return View("library", Scope(owner, ""), name)
    return held_by(thing, name)


def held_by(owner: Thing, name: str) -> View | None:
    """Return how production code holds an attribute of something; None for what isn't the repository's."""
    if owner.is_library:
        return None
    if owner.what is What.MODULE:
        return View("name", Scope(owner.file, ""), name)
    if owner.what in (What.CLASS, What.INSTANCE):
        return View("attribute", Scope(owner.file, owner.qualname), name)
    return None


def parameter_views(world: World, thing: Thing, argument: int | str) -> Iterator[View]:
    """Yield where a function or class of the repository holds an argument, given by position or by keyword."""
    if thing.is_library:
        return
    if thing.what is What.CLASS:
        made = world.objects.member(world.objects.returned(thing), "__init__")
        if made.what is What.FUNCTION and not made.is_library:
            yield from parameter_views(world, made, argument)
            return
        body = world.body(Scope(thing.file, thing.qualname))
        # The fields of a dataclass, or of a model, in their order.
        fields = [each.name for each in body.parameters] if body else []
        if isinstance(argument, int):
            argument = fields[argument] if argument < len(fields) else ""
        if argument:
            yield View("attribute", Scope(thing.file, thing.qualname), argument)
        return
    if thing.what is What.INSTANCE:
        called = world.objects.member(thing, "__call__")
        if called.what is What.FUNCTION:
            yield from parameter_views(world, called, argument)
        return
    scope = Scope(thing.file, thing.qualname)
    body = world.body(scope)
    if thing.what is not What.FUNCTION or body is None:
        return
    if name := parameter_of(body, argument):
        yield View("parameter", scope, name)


def parameter_of(body: Body, argument: int | str) -> str:
    """Return the parameter of a function that an argument fills; empty where that isn't one of its own."""
    names = [each.name for each in body.parameters]
    if body.kind == "method" and "staticmethod" not in body.decorators:
        names = names[1:]
    if isinstance(argument, int):
        return names[argument] if argument < len(names) and not names[argument].startswith("*") else ""
    return argument if argument in names else ""
