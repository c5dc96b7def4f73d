"""What a function is called with, and a class with fields: names, annotations and defaults as text."""

from __future__ import annotations

import ast

from .rows import Parameter


def parameters_of(args: ast.arguments) -> tuple[Parameter, ...]:
    """Return the parameters of a function, in order; those for the rest have their stars, and come last."""
    positional = [*args.posonlyargs, *args.args]
    defaults = [*[None] * (len(positional) - len(args.defaults)), *args.defaults]
    pairs: list[tuple[ast.arg, ast.expr | None]] = [
        *zip(positional, defaults, strict=True),
        *zip(args.kwonlyargs, args.kw_defaults, strict=True),
    ]
    named = tuple(
        Parameter(
            arg.arg, ast.unparse(arg.annotation) if arg.annotation else "", ast.unparse(default) if default else ""
        )
        for arg, default in pairs
    )
    extra = tuple(
        Parameter(sign + arg.arg, "", "") for sign, arg in (("*", args.vararg), ("**", args.kwarg)) if arg is not None
    )
    return (*named, *extra)


def fields_of(node: ast.ClassDef) -> tuple[Parameter, ...]:
    """Return the annotated names of a class body: the fields of a dataclass, or of a model."""
    return tuple(
        Parameter(each.target.id, ast.unparse(each.annotation), ast.unparse(each.value) if each.value else "")
        for each in node.body
        if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
    )
