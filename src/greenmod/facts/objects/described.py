"""What annotations name, their wrappers taken off."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from greenmod.facts.objects.evaluation import parse_expression
from greenmod.facts.objects.forms import TRANSPARENT, form, is_form
from greenmod.facts.objects.module import Place
from greenmod.facts.objects.thing import Rule, Thing, What, unknown

if TYPE_CHECKING:
    from greenmod.facts.objects.resolver import Resolver

NONE = Thing(What.CLASS, "builtins", "NoneType", is_library=True)
_VARIABLES = ("TypeVar", "ParamSpec", "TypeVarTuple", "AnyStr")


def kind(resolver: Resolver, place: Place, text: str) -> Thing:
    """Return the CLASS that an annotation names; of a union of several, an unknown Thing with them as arguments."""
    node = parse_expression(text)
    return unknown(f"`{text}` is no annotation") if node is None else _kind(resolver, place, node)


def _kind(resolver: Resolver, place: Place, node: ast.expr) -> Thing:
    if isinstance(node, ast.Constant):
        return _constant(resolver, place, node.value)
    if isinstance(node, ast.Subscript):
        return _subscript(resolver, place, node)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return _union(resolver, place, [node.left, node.right])
    if isinstance(node, ast.List | ast.Tuple):
        return form("Generic", *(_kind(resolver, place, each) for each in node.elts))
    if not isinstance(node, ast.Name | ast.Attribute):
        return unknown(f"`{ast.unparse(node)}` is no annotation that can be followed")
    return _named(resolver, place, node)


def _constant(resolver: Resolver, place: Place, value: object) -> Thing:
    if value is None:
        return NONE
    if isinstance(value, str):
        return resolver.kind(place, value)
    return unknown("an annotation that is a value")


def _named(resolver: Resolver, place: Place, node: ast.Name | ast.Attribute) -> Thing:
    if isinstance(node, ast.Name):
        variable = _variable(resolver, place, node.id)
        if variable is not None:
            return variable
    found = resolver.value(place, ast.unparse(node))
    if is_form(found, "Self"):
        return _me(place)
    if is_form(found, "Any"):
        return unknown("it is annotated as `Any`")
    if found.what is What.INSTANCE and found.qualname == "NoneType":
        return NONE
    if found.what in (What.CLASS, What.UNKNOWN):
        return found
    if found.what is What.INSTANCE and found.qualname in _VARIABLES and isinstance(node, ast.Name):
        return _given(resolver, place, node.id, "")
    return unknown(f"`{ast.unparse(node)}` names no class")


def _variable(resolver: Resolver, place: Place, name: str) -> Thing | None:
    """Return what a type variable stands for; None where the name is none."""
    for bound in place.module.declared.names.get("", {}).get(name, ()):
        if bound.text.partition("(")[0].rpartition(".")[2] in _VARIABLES:
            return _given(resolver, place, name, _limit(bound.text))
    return None


def _given(resolver: Resolver, place: Place, name: str, limit: str) -> Thing:
    """Return what stands for a type variable at a place: its argument, what bounds it, or its mark."""
    if place.owner is not None:
        if given := resolver.type_arguments(place).get(name):
            return given
        if limit:
            return resolver.kind(Place(place.module), limit)
    mark = Thing(What.UNKNOWN, qualname=name, reason="a type variable", rule=Rule.UNRESOLVED.value)
    return unknown(f"`{name}` is a type variable", Rule.UNRESOLVED, mark)


def _limit(text: str) -> str:
    """Return what bounds a type variable, from the call that makes it."""
    node = parse_expression(text)
    keywords = node.keywords if isinstance(node, ast.Call) else []
    return next((ast.unparse(each.value) for each in keywords if each.arg == "bound"), "")


def variable_name(thing: Thing) -> str:
    """Return the name of the type variable that a Thing is, if it is one."""
    first = thing.arguments[0] if len(thing.arguments) == 1 else None
    return first.qualname if first is not None and first.reason == "a type variable" else ""


def _me(place: Place) -> Thing:
    """Return what `Self` stands for."""
    if place.owner is not None and place.owner.what in (What.CLASS, What.INSTANCE):
        return replace(place.owner, what=What.CLASS)
    scope = place.scope
    while scope and scope not in place.module.declared.classes:
        scope = scope.rpartition(".")[0]
    if not scope:
        return unknown("`Self` stands in no class")
    row = place.module.declared.classes[scope][-1]
    return Thing(What.CLASS, place.module.file, scope, row.line, is_library=place.module.is_library)


def _subscript(resolver: Resolver, place: Place, node: ast.Subscript) -> Thing:
    head = _named(resolver, place, node.value) if isinstance(node.value, ast.Name | ast.Attribute) else unknown("")
    inside = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    if is_form(head, "Union"):
        return _union(resolver, place, inside)
    if is_form(head, *TRANSPARENT) and inside:
        return _kind(resolver, place, inside[0])
    if is_form(head, "Literal"):
        return _literal(inside[0])
    if head.what is not What.CLASS:
        return head
    return replace(head, arguments=tuple(_kind(resolver, place, each) for each in inside))


def _literal(node: ast.expr) -> Thing:
    value = node.value if isinstance(node, ast.Constant) else None
    return Thing(What.CLASS, "builtins", type(value).__name__, is_library=True)


def _union(resolver: Resolver, place: Place, nodes: list[ast.expr]) -> Thing:
    found: dict[Thing, None] = {}
    for node in nodes:
        one = _kind(resolver, place, node)
        if one.what is What.UNKNOWN and one.arguments and one.qualname == "Union":
            found.update(dict.fromkeys(one.arguments))
        else:
            found[one] = None
    several = [one for one in found if one != NONE]
    if not several:
        return NONE
    if len(several) == 1:
        return several[0]
    return replace(unknown("it may be one of several classes", Rule.UNRESOLVED, *several), qualname="Union")


def substitute(thing: Thing, given: Mapping[str, Thing]) -> Thing:
    """Put what type variables stand for in their place."""
    if not given or not thing.arguments:
        return thing
    if name := variable_name(thing):
        return given.get(name, thing)
    return replace(thing, arguments=tuple(substitute(each, given) for each in thing.arguments))


def is_union(thing: Thing) -> bool:
    """Tell whether an unknown thing is annotated as one of several."""
    return thing.what is What.UNKNOWN and thing.qualname == "Union"
