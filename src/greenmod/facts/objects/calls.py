"""What calls, awaits and `with` statements give."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from greenmod.facts.objects.forms import AWAITABLE, CONTEXTS, ITERATORS, form, is_form
from greenmod.facts.objects.lookup import instance_of
from greenmod.facts.objects.module import Place
from greenmod.facts.objects.overrides import annotation
from greenmod.facts.objects.thing import Calling, Thing, What, unknown

if TYPE_CHECKING:
    from greenmod.facts.objects.resolver import Resolver


def called(resolver: Resolver, thing: Thing) -> Thing:
    """Return what a call gives."""
    if thing.what is What.FUNCTION:
        return _call_of_form(thing) or resolver.signature(thing).gives
    if thing.what is What.CLASS:
        return instance_of(thing)
    if thing.what is What.INSTANCE:
        return _call_of_instance(resolver, thing)
    if thing.what is What.UNKNOWN:
        return replace(thing, arguments=(), qualname="")
    return unknown(f"a {thing.what.value} can't be called")


def _call_of_form(method: Thing) -> Thing | None:
    """Return what `__await__` of an awaitable that annotations name gives."""
    if method.owner is None or not is_form(method.owner, *AWAITABLE) or not method.qualname.endswith(".__await__"):
        return None
    anything = unknown("anything")
    return instance_of(form("Generator", anything, anything, *(method.owner.arguments[-1:] or (anything,))))


def _call_of_instance(resolver: Resolver, thing: Thing) -> Thing:
    if is_form(thing, "Callable"):
        return instance_of(thing.arguments[-1]) if thing.arguments else unknown("a callable without a result")
    method = resolver.member(thing, "__call__")
    if method.what is What.FUNCTION:
        return resolver.called(method)
    return unknown(f"`{thing.qualname}` has no `__call__` that is known")


def awaited(resolver: Resolver, thing: Thing) -> Thing:
    """Return what awaiting an object gives; the object itself where it can't be awaited."""
    if thing.what is What.UNKNOWN and thing.arguments:
        forms = [one for one in thing.arguments if is_form(one, *AWAITABLE)]
        return resolver.awaited(forms[0]) if forms else thing
    if not is_awaitable(resolver, thing):
        return thing
    if is_form(thing):
        return instance_of(thing.arguments[-1]) if thing.arguments else unknown("an awaitable of anything")
    method = resolver.member(thing, "__await__")
    module = resolver.module_of(method)
    if module is not None and (text := annotation(module, method.qualname)):
        return instance_of(resolver.kind(Place(module), text))
    generator = resolver.called(method)
    if is_form(generator, "Generator") and len(generator.arguments) > 2:
        return instance_of(generator.arguments[2])
    return unknown(f"what awaiting `{thing.qualname}` gives is not annotated")


def entered(resolver: Resolver, thing: Thing) -> Thing:
    """Return what `with … as` over an object gives."""
    if is_form(thing, *CONTEXTS, "AbstractContextManager"):
        return instance_of(thing.arguments[0]) if thing.arguments else unknown("a context manager of anything")
    for name in ("__aenter__", "__enter__"):
        method = resolver.member(thing, name)
        if method.what is What.FUNCTION:
            return resolver.awaited(resolver.called(method))
    return thing if thing.what is What.UNKNOWN else unknown(f"`{thing.qualname}` is entered in no way that is known")


def is_awaitable(resolver: Resolver, thing: Thing) -> bool:
    return thing.what is What.INSTANCE and resolver.member(thing, "__await__").what is What.FUNCTION


def calling_of(resolver: Resolver, given: Thing) -> Calling:
    """Return how what a call gives is used."""
    if given.what is What.UNKNOWN:
        return Calling.UNKNOWN
    if given.what is not What.INSTANCE:
        return Calling.SYNC
    if is_form(given):
        return _calling_of_form(given.qualname)
    if given.file == "builtins":
        return Calling.SYNC
    is_entered = resolver.member(given, "__aenter__").what is What.FUNCTION
    is_iterated = resolver.member(given, "__aiter__").what is What.FUNCTION
    if is_awaitable(resolver, given):
        if is_entered:
            return Calling.AWAITABLE_CONTEXT
        return Calling.AWAITABLE_ITERATOR if is_iterated else Calling.COROUTINE
    if is_entered:
        return Calling.ASYNC_CONTEXT
    return Calling.ASYNC_ITERATOR if is_iterated else Calling.SYNC


def _calling_of_form(name: str) -> Calling:
    if name in AWAITABLE:
        return Calling.COROUTINE
    if name in ITERATORS:
        return Calling.ASYNC_ITERATOR
    return Calling.ASYNC_CONTEXT if name in CONTEXTS else Calling.SYNC
