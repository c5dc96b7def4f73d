"""Expressions as short source text: as much of them as says what they are.

Of a call only what matters for its result is kept; what says nothing becomes an empty text.
"""

from __future__ import annotations

import ast

# Calls whose result follows from their arguments.
_TELLING = frozenset(
    {
        *(
            "cast",
            "partial",
            "super",
            "Depends",
            "Security",
            "getattr",
            "run",
            "wait_for",
            "shield",
            "run_until_complete",
        ),
        *("field", "Field", "attrib", "ib", "property", "staticmethod", "classmethod", "cached_property", "lru_cache"),
        *("cache", "wraps", "asynccontextmanager", "contextmanager", "deepcopy", "copy", "NewType", "TypeVar", "type"),
        *("enter_async_context", "enter_context", "abstractmethod", "create_task", "ensure_future", "aliased"),
    }
)
_LITERALS: dict[type, str] = {
    ast.List: "[]",
    ast.ListComp: "[]",
    ast.Dict: "{}",
    ast.DictComp: "{}",
    ast.Set: "{0}",
    ast.SetComp: "{0}",
    ast.JoinedStr: "''",
    ast.Tuple: "()",
}


def spelled(node: ast.expr | None) -> str:
    """Return a value as text; empty where that says nothing."""
    try:
        return _spell(node)
    except RecursionError:  # a chain of hundreds of calls: it says nothing
        return ""


def spelled_type(node: ast.expr | None) -> str:
    """Return an annotation as text; empty where that says nothing."""
    try:
        return _spell_type(node)
    except RecursionError:  # a union of hundreds
        return ""


def _spell(node: ast.expr | None) -> str:
    """Return a value as text: names, attributes, calls, awaits, and either side of `or` and `if … else`."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        inner = _spell(node.value)
        return f"{inner}.{node.attr}" if inner else ""
    if isinstance(node, ast.Call):
        return _call(node)
    if isinstance(node, ast.Constant):
        return _constant(node.value)
    if isinstance(node, ast.Await):
        inner = _spell(node.value)
        return f"(await {inner})" if inner else ""
    if isinstance(node, ast.Subscript):
        return _subscript(node)
    return _LITERALS.get(type(node), "") or _choice(node)


def _spell_type(node: ast.expr | None) -> str:
    """Return an annotation as text."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        inner = _spell_type(node.value)
        return f"{inner}.{node.attr}" if inner else ""
    if isinstance(node, ast.Constant):
        return repr(node.value) if node.value is None or isinstance(node.value, str) else "..."
    if isinstance(node, ast.Subscript):
        return f"{_spell_type(node.value) or '...'}[{_arguments(node.slice)}]"
    if isinstance(node, ast.BinOp):
        return f"{_spell_type(node.left) or '...'} | {_spell_type(node.right) or '...'}"
    if isinstance(node, ast.List):
        return f"[{', '.join(_spell_type(each) or '...' for each in node.elts)}]"
    return ""


def _arguments(node: ast.expr) -> str:
    if isinstance(node, ast.Tuple):
        return ", ".join(_spell_type(each) or "..." for each in node.elts) or "()"
    return _spell_type(node) or "..."


def _call(node: ast.Call) -> str:
    func = node.func
    inner = _spell(func)
    if not inner:
        return ""
    last = inner.rpartition(".")[2]
    if last in _TELLING and (node.args or node.keywords):
        kept = [_spell(argument) or "..." for argument in node.args[:2] if not isinstance(argument, ast.Starred)]
        kept += [
            f"{each.arg}={_spell(each.value) or '...'}"
            for each in node.keywords
            if each.arg in ("default_factory", "default", "factory", "bound")
        ]
        return f"{inner}({', '.join(kept)})"
    return f"{inner}()" if not node.args or last not in _TELLING else f"{inner}(...)"


def _subscript(node: ast.Subscript) -> str:
    inner = _spell(node.value)
    if not inner:
        return ""
    return f"{inner}[{_arguments(node.slice)}]"


def _constant(value: object) -> str:
    if value is None or value is Ellipsis or isinstance(value, bool):
        return repr(value)
    if isinstance(value, str):
        return repr(value) if len(value) < 60 else "''"  # a short one may be an annotation, or name an attribute
    return {int: "0", float: "0.0", bytes: "b''", complex: "0j"}.get(type(value), "")


def _choice(node: ast.expr | None) -> str:
    if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or):
        parts = [_spell(value) for value in node.values]
        return f"({' or '.join(parts)})" if all(parts) else ""
    if isinstance(node, ast.IfExp):
        one, other = _spell(node.body), _spell(node.orelse)
        return f"({one} if ... else {other})" if one and other else ""
    if isinstance(node, ast.NamedExpr):
        return _spell(node.value)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        text = _spell_type(node)  # `A | None`: an alias of types
        return f"({text})" if text and "..." not in text else ""
    if isinstance(node, ast.Lambda):
        inner = _spell(node.body)
        return f"(lambda: {inner or '...'})"
    return ""
