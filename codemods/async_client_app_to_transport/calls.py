"""Which calls hand an `app` to something, by `ast`. What the names in them mean is not asked here."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from greenmod.api import ScopedVisitor, dotted

_Function = ast.FunctionDef | ast.AsyncFunctionDef


class Site(NamedTuple):
    """A call that hands an `app`, at its keyword. `refusal` is a rule that shows in the call itself."""

    line: int
    column: int
    scope: str
    callee: str
    how: str  # "called"; "handed" where `callee` is an argument, as in `partial(callee, app=app)`; "super"
    refusal: str


class Names:
    """What a file's assignments say about names, wherever they stand."""

    def __init__(self, tree: ast.Module) -> None:
        self.aliases: dict[str, str] = {}  # `Alias = httpx.AsyncClient`
        self.with_app: set[str] = set()  # `OPTIONS = {"app": app}`, `OPTIONS["app"] = app`
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    self._assigned(target, node.value)
            elif isinstance(node, ast.AnnAssign) and node.value is not None:
                self._assigned(node.target, node.value)

    def hold_app(self, value: ast.expr) -> bool:
        """Tell whether `value` is a dictionary that is known to have an `app`."""
        if isinstance(value, ast.Dict):
            return any(isinstance(key, ast.Constant) and key.value == "app" for key in value.keys)
        if isinstance(value, ast.Call):
            return dotted(value.func) == "dict" and any(keyword.arg == "app" for keyword in value.keywords)
        return dotted(value) in self.with_app

    def _assigned(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
            if target.slice.value == "app":
                self.with_app.add(dotted(target.value))
        elif self.hold_app(value):
            self.with_app.add(dotted(target))
        elif dotted(target) and dotted(value):
            self.aliases[dotted(target)] = dotted(value)


class Calls(ScopedVisitor):
    """Finds the calls that hand an app to something."""

    def __init__(self, tree: ast.Module) -> None:
        super().__init__()
        self.sites: list[Site] = []
        self._names = Names(tree)
        self._none_by_default: set[tuple[str, str]] = set()  # scopes and parameters of functions

    def data(self) -> dict[str, object]:
        """Return what was found as plain data."""
        return {"sites": [tuple(site) for site in self.sites], "aliases": self._names.aliases}

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._note_defaults(node)
        super().visit_FunctionDef(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._note_defaults(node)
        super().visit_AsyncFunctionDef(node)

    def visit_Call(self, node: ast.Call) -> None:
        for keyword in node.keywords:
            if keyword.arg == "app":
                self.sites += self._sites(node, keyword, self._refusal(node, keyword.value))
                break
            if keyword.arg is None and self._names.hold_app(keyword.value):
                self.sites += self._sites(node, keyword, "unpacked-keywords")
                break
        self.generic_visit(node)

    def _sites(self, node: ast.Call, keyword: ast.keyword, refusal: str) -> Iterator[Site]:
        if _is_super_init(node.func):
            callees = [("super().__init__", "super")]
        else:
            callees = [(dotted(node.func), "called"), *((dotted(argument), "handed") for argument in node.args)]
        for callee, how in callees:
            if callee:
                yield Site(keyword.lineno, keyword.col_offset, self.scope, callee, how, refusal)

    def _refusal(self, node: ast.Call, app: ast.expr) -> str:
        if any(keyword.arg == "transport" for keyword in node.keywords):
            return "transport-present"
        if any(keyword.arg is None for keyword in node.keywords):
            return "unpacked-keywords"
        return "app-is-none" if self._may_be_none(app) else ""

    def _may_be_none(self, app: ast.expr) -> bool:
        if isinstance(app, ast.IfExp):
            return self._may_be_none(app.body) or self._may_be_none(app.orelse)
        if isinstance(app, ast.Name):
            return (self.scope, app.id) in self._none_by_default
        return isinstance(app, ast.Constant) and app.value is None

    def _note_defaults(self, node: _Function) -> None:
        scope = f"{self.scope}.{node.name}" if self.scope else node.name
        positional = [*node.args.posonlyargs, *node.args.args]
        with_defaults = positional[len(positional) - len(node.args.defaults) :]
        pairs = [*zip(with_defaults, node.args.defaults, strict=True)]
        pairs += ((a, d) for a, d in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True) if d is not None)
        for argument, default in pairs:
            if isinstance(default, ast.Constant) and default.value is None:
                self._none_by_default.add((scope, argument.arg))


def _is_super_init(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and node.attr == "__init__"
        and isinstance(node.value, ast.Call)
        and dotted(node.value.func) == "super"
    )
