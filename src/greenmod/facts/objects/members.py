"""Attributes of modules, classes and instances, through bases and what methods set on `self`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from greenmod.facts.objects import described, lookup, missing
from greenmod.facts.objects.declarations import FOR_TYPES, Class
from greenmod.facts.objects.delegation import through_getattr
from greenmod.facts.objects.forms import DUNDERS, find_form, is_form
from greenmod.facts.objects.module import Module, Place
from greenmod.facts.objects.overrides import annotation, overrides
from greenmod.facts.objects.thing import Thing, What, unknown

if TYPE_CHECKING:
    from greenmod.facts.objects.resolver import Resolver

# Bases that say something about types alone, and those that make attributes of their own.
_EMPTY = ("Generic", "Protocol", *DUNDERS, "AbstractContextManager", "Iterator", "Iterable", "Generator")
_TEXTS = frozenset({"__name__", "__file__", "__doc__", "__package__", "__qualname__", "__module__"})


@dataclass(frozen=True, slots=True)
class Ancestor:
    """A class in the order of method resolution; `given` is what its type variables stand for."""

    thing: Thing
    given: tuple[tuple[str, Thing], ...] = ()


@dataclass(frozen=True, slots=True)
class Ancestry:
    """A class and its bases, as far as they are known; `doubt` says why there may be others."""

    classes: tuple[Ancestor, ...]
    doubt: str = ""


def member(resolver: Resolver, thing: Thing, name: str) -> Thing:
    """Return an attribute of a thing."""
    if thing.what is What.MODULE:
        module = resolver.module_of(thing)
        return unknown(f"{thing.file} is not known") if module is None else _of_module(resolver, module, name)
    if thing.what in (What.CLASS, What.INSTANCE):
        return _of_class(resolver, thing, name)
    if thing.what is What.UNKNOWN:
        return _of_each(resolver, thing, name)
    return unknown(f"`{name}` is an attribute of a {thing.what.value}")


def _of_each(resolver: Resolver, thing: Thing, name: str) -> Thing:
    """Return an attribute of what may be one of several things: of those that have it."""
    found = list(dict.fromkeys(resolver.member(one, name) for one in thing.arguments))
    having = [one for one in found if one.what is not What.MISSING]
    if not having or any(one.what is What.UNKNOWN for one in having):
        return replace(thing, qualname="", arguments=())
    return lookup.one_of(resolver, having, f"`{name}`")


def _of_module(resolver: Resolver, module: Module, name: str) -> Thing:
    if module.is_library and (found := find_form(module.file, name)):
        return found
    names = module.declared.names.get("", {})
    if name in names and not _is_hidden(resolver, module, name):
        return resolver.name(Place(module), name)
    if name in names:
        return unknown(f"`{name}` of {module.file} is imported for types alone, and a module of that name is there")
    return undeclared(resolver, module, name)


def undeclared(resolver: Resolver, module: Module, name: str) -> Thing:
    """Return an attribute of a module that no statement of its own binds when it runs."""
    inside = resolver.modules.submodule(module, name)
    if inside is not None:
        return inside if isinstance(inside, Thing) else inside.thing
    if found_there := lookup.through_stars(resolver, module, name):
        return found_there
    if "__getattr__" in module.declared.names[""] and (made := through_getattr(resolver, module, "", name)):
        return made
    if name in _TEXTS:
        return Thing(What.INSTANCE, "builtins", "str", is_library=True)
    return missing.from_module(resolver, module, name)


def _is_hidden(resolver: Resolver, module: Module, name: str) -> bool:
    """Tell whether a submodule may be found where type checkers see something else."""
    bounds = module.declared.names[""][name]
    return all(bound.note == FOR_TYPES for bound in bounds) and resolver.modules.submodule(module, name) is not None


def _of_class(resolver: Resolver, thing: Thing, name: str) -> Thing:
    if is_form(thing):
        return _of_form(resolver, thing, name)
    above = resolver.ancestry(replace(thing, what=What.CLASS, owner=None))
    for ancestor in above.classes:
        if (own := _own(resolver, ancestor, thing, name)) is not None:
            return own
    if (made := _made_at_run_time(above, thing, name)) is not None:
        return made
    for ancestor in above.classes:
        module = resolver.module_of(ancestor.thing)
        if module is not None and (passed := through_getattr(resolver, module, ancestor.thing.qualname, name, thing)):
            return passed
    if above.doubt:
        return unknown(f"`{thing.qualname}` may have `{name}`: {above.doubt}")
    if (common := _common(resolver, thing, name)) is not None:
        return common
    return missing.from_class(resolver, thing, above.classes, name)


def _made_at_run_time(above: Ancestry, owner: Thing, name: str) -> Thing | None:
    """Return a method of a class that makes coroutine functions of what a service offers."""
    for ancestor in above.classes:
        thing = ancestor.thing
        if f"{thing.file}:{thing.qualname}" in overrides().coroutine_members and not name.startswith("_"):
            return Thing(What.FUNCTION, thing.file, f"{thing.qualname}.{name}", is_library=True, owner=owner)
    return None


def _of_form(resolver: Resolver, thing: Thing, name: str) -> Thing:
    if thing.what is What.INSTANCE and name in DUNDERS.get(thing.qualname, ()):
        return Thing(What.FUNCTION, thing.file, f"{thing.qualname}.{name}", is_library=True, owner=thing)
    compiled = resolver.modules.compiled("_asyncio") if is_form(thing, "Future", "Task") else None
    if compiled is not None and name in compiled.declared.names.get(thing.qualname, {}):
        return Thing(What.FUNCTION, compiled.file, f"{thing.qualname}.{name}", is_library=True)
    return unknown(f"`{name}` of `{thing.qualname}`")


def _common(resolver: Resolver, thing: Thing, name: str) -> Thing | None:
    """Return what every object has."""
    builtins = resolver.modules.builtins
    if builtins is None or name not in builtins.declared.names.get("object", {}):
        return None
    return Thing(What.FUNCTION, builtins.file, f"object.{name}", is_library=True, owner=thing)


def _own(resolver: Resolver, ancestor: Ancestor, owner: Thing, name: str) -> Thing | None:
    """Return what a class itself has under a name, seen from `owner`."""
    if is_form(ancestor.thing):
        known = name in DUNDERS.get(ancestor.thing.qualname, ())
        qualname = f"{ancestor.thing.qualname}.{name}"
        return Thing(What.FUNCTION, ancestor.thing.file, qualname, is_library=True, owner=owner) if known else None
    module = resolver.module_of(ancestor.thing)
    if module is None:
        return None
    qualname = ancestor.thing.qualname
    in_class = module.declared.names.get(qualname, {}).get(name, ())
    set_on_self = module.declared.attributes.get(qualname, {}).get(name, ())
    if not in_class and not set_on_self:
        return None
    if not in_class and (text := annotation(module, f"{qualname}.{name}")):
        return lookup.instance_of(resolver.kind(Place(module), text))
    if in_class and set_on_self and _is_property(resolver, ancestor.thing, name, module):
        set_on_self = ()
    found = lookup.meant(resolver, Place(module, qualname, owner), name, (*in_class, *set_on_self))
    if found.what is What.FUNCTION and found.file == module.file and found.qualname.rpartition(".")[0] == qualname:
        return _bound_to(resolver, replace(found, owner=owner), owner)
    return _described(resolver, found, owner) if not set_on_self else found


def _is_property(resolver: Resolver, thing: Thing, name: str, module: Module) -> bool:
    """Tell whether what is set on `self` goes through a property."""
    qualname = f"{thing.qualname}.{name}"
    rows = module.declared.functions.get(qualname, ())
    method = Thing(What.FUNCTION, thing.file, qualname, rows[0].line if rows else 0, is_library=thing.is_library)
    return bool(rows) and resolver.signature(method).is_property


def _bound_to(resolver: Resolver, method: Thing, owner: Thing) -> Thing:
    """Return a method as its owner's: a property gives its value."""
    signature = resolver.signature(method)
    if not signature.is_property:
        return method
    if owner.what is What.CLASS or signature.is_awaited or signature.gives.what is What.UNKNOWN:
        return replace(method, what=What.PROPERTY, reason=signature.gives.reason)
    return signature.gives


def _described(resolver: Resolver, found: Thing, owner: Thing) -> Thing:
    """Return what a class's attribute gives where it is a descriptor."""
    if found.what is not What.INSTANCE or found.file == "builtins" or is_form(found):
        return found
    if found.qualname.endswith("Mapped") and found.arguments and owner.what is What.INSTANCE:
        return lookup.instance_of(found.arguments[0])
    if resolver.member(found, "__get__").what is What.FUNCTION:
        return unknown(f"a descriptor of the class `{found.qualname}`")
    return found


def ancestry(resolver: Resolver, thing: Thing) -> Ancestry:
    """Return the ancestors of a CLASS, itself first, in the order in which attributes are looked up."""
    if is_form(thing):
        return Ancestry((Ancestor(thing),), "" if thing.qualname in _EMPTY else f"it is made by `{thing.qualname}`")
    module = resolver.module_of(thing)
    row = find_row(module.declared.classes.get(thing.qualname, ()), thing.line) if module is not None else None
    if module is None or row is None:
        return Ancestry((Ancestor(thing),), f"`{thing.qualname}` is not declared in {thing.file}")
    place = Place(module, thing.qualname.rpartition(".")[0])
    bases = [resolver.kind(place, text) if text else unknown("a base that is an expression") for text in row.bases]
    given = dict(zip(_variables(bases), thing.arguments, strict=False))
    found = [Ancestor(thing, tuple(given.items()))]
    doubt = ""
    for base in (described.substitute(base, given) for base in bases):
        if base.what is not What.CLASS:
            doubt = doubt or base.reason or f"its base is a {base.what.value}"
        elif not is_form(base, "Generic", "Protocol"):
            inside = resolver.ancestry(base)
            found += inside.classes
            doubt = doubt or inside.doubt
    return Ancestry(_last_of_each(found), doubt)


def find_row(rows: Sequence[Class], line: int) -> Class | None:
    """Return the class statement on a line, else the last one."""
    return next((row for row in rows if row.line == line), rows[-1] if rows else None)


def _last_of_each(found: Sequence[Ancestor]) -> tuple[Ancestor, ...]:
    last = {ancestor.thing.key: index for index, ancestor in enumerate(found)}
    return tuple(ancestor for index, ancestor in enumerate(found) if last[ancestor.thing.key] == index)


def _variables(bases: Sequence[Thing]) -> tuple[str, ...]:
    """Return the type variables of a class, in order: those of `Generic[…]`, else of all bases."""
    generic = [base for base in bases if is_form(base, "Generic", "Protocol") and base.arguments]
    names = [described.variable_name(each) for base in generic or bases for each in base.arguments]
    return tuple(dict.fromkeys(name for name in names if name))


def type_arguments(resolver: Resolver, place: Place) -> Mapping[str, Thing]:
    """Return what type variables stand for in a method, seen from the place's owner."""
    scope = place.scope
    declared = place.module.declared
    while scope and scope not in declared.classes:
        scope = scope.rpartition(".")[0]
    if place.owner is None or not scope or place.owner.what not in (What.CLASS, What.INSTANCE):
        return {}
    above = resolver.ancestry(replace(place.owner, what=What.CLASS, owner=None))
    for ancestor in above.classes:
        if ancestor.thing.qualname == scope and ancestor.thing.file == place.module.file:
            return dict(ancestor.given)
    return {}
