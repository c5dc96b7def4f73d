"""Attributes through `__getattr__`: a proxy that passes them on, and a module that makes one object when it is asked.

def __getattr__(self, key): return getattr(get_settings(), key)

def __getattr__(name):
    if name == "service": return _instance
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from greenmod.facts.objects.declarations import Function
from greenmod.facts.objects.evaluation import builtin, parse_expression
from greenmod.facts.objects.lookup import one_of
from greenmod.facts.objects.module import Module, Place
from greenmod.facts.objects.thing import Thing, What

if TYPE_CHECKING:
    from greenmod.facts.objects.resolver import Resolver


def through_getattr(
    resolver: Resolver, module: Module, classname: str, name: str, owner: Thing | None = None
) -> Thing | None:
    """Return what the `__getattr__` of a module, or of one of its classes, gives for a name; None if that is open."""
    qualname = f"{classname}.__getattr__" if classname else "__getattr__"
    rows = module.declared.functions.get(qualname, ())
    if len(rows) != 1 or not rows[0].parameters or name.startswith("__"):
        return None
    place = Place(module, qualname, owner)
    found = [_given(resolver, place, rows[0], text, name) for text in rows[0].gives if text != "None"]
    several = list(dict.fromkeys(one for one in found if one is not None and one != builtin("NoneType")))
    if not several or None in found:
        return None
    answer = one_of(resolver, several, f"`{name}` in {module.file}")
    return None if answer.what in (What.UNKNOWN, What.MISSING) else answer


def _given(resolver: Resolver, place: Place, row: Function, text: str, name: str) -> Thing | None:
    """Return what one `return` gives: the attribute of another object, or an object that the module names."""
    node = parse_expression(text) if text else None
    if node is None:
        return None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "getattr":
        inner, key = [*node.args, None, None][:2]
        is_passed_on = isinstance(key, ast.Name) and key.id == row.parameters[-1]
        if inner is None or not is_passed_on:
            return None
        return resolver.member(resolver.value(place, ast.unparse(inner)), name)
    if place.owner is not None:
        return None  # of a class, it may be made for this very name
    source = resolver.modules.read(place.module) or ""
    return resolver.value(place, text) if f'"{name}"' in source or f"'{name}'" in source else None
