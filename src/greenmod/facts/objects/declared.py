"""The declarations of one module from its `ast` tree: one pass over its statements, nothing resolved.

Expressions are looked into only as far as they bind a name or say what something is.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from typing import Any, TypeGuard

from greenmod.facts.objects import declarations as kinds
from greenmod.facts.objects.bindings import Bindings, frozen
from greenmod.facts.objects.declarations import Bound, Class, Declarations, Function
from greenmod.facts.objects.spelling import spelled, spelled_type
from greenmod.facts.objects.statements import YIELDS, asked_about, has_yield

_Def = ast.FunctionDef | ast.AsyncFunctionDef
_GIVEN = 12  # results of one function that are told apart
_TRIES = tuple(kind for kind in (ast.Try, getattr(ast, "TryStar", None)) if kind)


def declare(tree: ast.Module) -> Declarations:
    """Collect what a module, or a stub, declares."""
    collector = _Collector()
    collector.look_at(tree.body)
    return collector.result()


class _Body:
    """A function body that is being looked at."""

    def __init__(self, owner: str, me: str) -> None:
        self.owner = owner  # the class whose instance or class `me` is
        self.me = me
        self.outside: set[str] = set()  # names declared `global`
        self.is_generator = False
        self.gives: dict[str, None] = {}


class _Collector:
    def __init__(self) -> None:
        self._names = Bindings()
        self._attributes: dict[str, dict[str, list[Bound]]] = {}
        self._functions: dict[str, list[Function]] = {}
        self._classes: dict[str, list[Class]] = {}
        self._stars: list[str] = []
        self._exports: list[str] | None = []
        self._has_exports = False
        self._scope = ""
        self._note = ""
        self._body: _Body | None = None
        self._visitors: dict[type, Callable[[Any], None]] = {
            ast.Import: self._import,
            ast.ImportFrom: self._import_from,
            ast.ClassDef: self._class,
            ast.FunctionDef: self._function,
            ast.AsyncFunctionDef: self._function,
            ast.Assign: self._assign,
            ast.AnnAssign: self._annotated,
            ast.AugAssign: self._augmented,
            ast.Return: self._return,
            ast.Expr: self._expression,
            ast.If: self._if,
            ast.For: self._for,
            ast.AsyncFor: self._for,
            ast.While: self._while,
            ast.With: self._with,
            ast.AsyncWith: self._with,
            **dict.fromkeys(_TRIES, self._try),
            ast.Match: self._match,
            ast.Global: self._global,
        }
        if alias := getattr(ast, "TypeAlias", None):
            self._visitors[alias] = self._type_alias

    def result(self) -> Declarations:
        return Declarations(
            names=self._names.frozen(),
            functions={name: tuple(found) for name, found in self._functions.items()},
            classes={name: tuple(found) for name, found in self._classes.items()},
            attributes=frozen(self._attributes),
            stars=tuple(self._stars),
            exports=tuple(self._exports) if self._has_exports and self._exports is not None else None,
        )

    def look_at(self, statements: Iterable[ast.stmt]) -> None:
        visitors = self._visitors
        for statement in statements:
            visit = visitors.get(statement.__class__)
            if visit is not None:
                visit(statement)

    def _bind(self, name: str, bound: Bound, *, is_aside: bool = False) -> None:
        if self._note:
            bound = bound._replace(note=self._note)
        if self._body is None:
            self._names.put(self._scope, name, bound, is_aside=is_aside)
        elif name in self._body.outside:
            self._names.add("", name, bound._replace(scope=self._scope))
        else:
            self._names.add(self._scope, name, bound)

    def _maybe(self, statements: Iterable[ast.stmt], note: str = "") -> None:
        """Look at a block that may be left out."""
        outer, self._note = self._note, note or self._note
        with self._names.branch():
            self.look_at(statements)
        self._note = outer

    # Definitions

    def _import(self, node: ast.Import) -> None:
        for alias in node.names:
            name = alias.asname or alias.name.partition(".")[0]
            self._bind(name, Bound(kinds.IMPORT, node.lineno, alias.name if alias.asname else name))

    def _import_from(self, node: ast.ImportFrom) -> None:
        module = "." * node.level + (node.module or "")
        for alias in node.names:
            if alias.name == "*":
                self._stars.append(module)
                continue
            target = f"{module}{'' if module.endswith('.') else '.'}{alias.name}"
            self._bind(alias.asname or alias.name, Bound(kinds.IMPORT, node.lineno, target))

    def _qualname(self, name: str) -> str:
        return f"{self._scope}.{name}" if self._scope else name

    def _class(self, node: ast.ClassDef) -> None:
        self._bind(node.name, Bound(kinds.CLASS, node.lineno))
        qualname = self._qualname(node.name)
        bases = tuple(spelled_type(base) for base in node.bases)
        keywords = tuple((keyword.arg or "**", spelled(keyword.value)) for keyword in node.keywords)
        found = Class(node.lineno, bases, keywords, _decorators(node))
        self._classes.setdefault(qualname, []).append(found)
        outer, self._scope = self._scope, qualname
        body, self._body = self._body, None
        self._names.open(qualname)
        self.look_at(node.body)
        self._scope, self._body = outer, body

    def _function(self, node: _Def) -> None:
        decorators = _decorators(node)
        is_aside = any(each.startswith(f"{node.name}.") for each in decorators)
        self._bind(node.name, Bound(kinds.FUNCTION, node.lineno), is_aside=is_aside)
        qualname = self._qualname(node.name)
        outer, body, note = self._scope, self._body, self._note
        inside = self._body = self._begin(node, qualname)
        self._scope, self._note = qualname, ""
        self._names.open(qualname)
        parameters = self._parameters(node.args)
        self.look_at(node.body)
        self._scope, self._body, self._note = outer, body, note
        is_async = node.__class__ is ast.AsyncFunctionDef
        found = Function(
            node.lineno,
            is_async,
            inside.is_generator or (is_async and has_yield(node.body)),
            decorators,
            spelled_type(node.returns),
            parameters,
            tuple(inside.gives)[:_GIVEN],
        )
        self._functions.setdefault(qualname, []).append(found)

    def _begin(self, node: _Def, qualname: str) -> _Body:
        """Open a body; a function inside a method sees the method's `self`."""
        if self._scope in self._classes:
            arguments = [*node.args.posonlyargs, *node.args.args]
            is_static = any(isinstance(each, ast.Name) and each.id == "staticmethod" for each in node.decorator_list)
            me = arguments[0].arg if arguments and not is_static else ""
            return _Body(self._scope, me)
        if self._body is not None and self._body.me not in _argument_names(node.args):
            return _Body(self._body.owner, self._body.me)
        return _Body("", "")

    def _parameters(self, args: ast.arguments) -> tuple[str, ...]:
        positional = [*args.posonlyargs, *args.args]
        defaults: list[ast.expr | None] = [*[None] * (len(positional) - len(args.defaults)), *args.defaults]
        names = []
        for arg, default in (
            *zip(positional, defaults, strict=True),
            *zip(args.kwonlyargs, args.kw_defaults, strict=True),
        ):
            names.append(arg.arg)
            bound = Bound(kinds.PARAMETER, arg.lineno, spelled(default), spelled_type(arg.annotation))
            self._names.add(self._scope, arg.arg, bound)
        for stars, rest in (("*", args.vararg), ("**", args.kwarg)):
            if rest is not None:
                names.append(stars + rest.arg)
                self._names.add(self._scope, rest.arg, Bound(kinds.OTHER, rest.lineno))
        return tuple(names)

    # Values

    def _assign(self, node: ast.Assign) -> None:
        self._found(node.value)
        for target in node.targets:
            self._give(target, node.value)
            if isinstance(target, ast.Name) and target.id == "__all__" and not self._scope:
                self._has_exports = True
                self._export(node.value)

    def _give(self, target: ast.expr, value: ast.expr) -> None:
        """Bind a target to a value: of `a, b = A(), B()` each name to its own."""
        if _is_row(target) and _is_row(value) and len(target.elts) == len(value.elts):
            for one, other in zip(target.elts, value.elts, strict=True):
                self._give(one, other)
            return
        is_anew = self._body is None and isinstance(target, ast.Name) and self._is_anew(target.id, value)
        self._store(target, Bound(kinds.ANEW if is_anew else kinds.VALUE, target.lineno, spelled(value)))

    def _is_anew(self, name: str, value: ast.expr) -> bool:
        """Tell whether a value is made of what a name was before."""
        if not self._names.has(self._scope, name):
            return False
        return any(isinstance(each, ast.Name) and each.id == name for each in ast.walk(value))

    def _annotated(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self._found(node.value)
        self._store(node.target, Bound(kinds.VALUE, node.lineno, spelled(node.value), spelled_type(node.annotation)))
        if isinstance(node.target, ast.Name) and node.target.id == "__all__" and node.value and not self._scope:
            self._has_exports = True
            self._export(node.value)

    def _augmented(self, node: ast.AugAssign) -> None:
        self._found(node.value)
        if isinstance(node.target, ast.Name) and node.target.id == "__all__":
            self._export(node.value)

    def _type_alias(self, node: Any) -> None:
        self._bind(node.name.id, Bound(kinds.VALUE, node.lineno, spelled_type(node.value)))

    def _export(self, value: ast.expr) -> None:
        """Add to `__all__`, or give it up where it isn't spelled out."""
        if self._exports is None:
            return
        if isinstance(value, ast.List | ast.Tuple) and all(
            isinstance(each, ast.Constant) and isinstance(each.value, str) for each in value.elts
        ):
            self._exports += [each.value for each in value.elts if isinstance(each, ast.Constant)]  # type: ignore[misc]
        else:
            self._exports = None

    def _store(self, target: ast.expr, bound: Bound) -> None:
        """Bind a target: a name, an attribute of `self`, or what it unpacks to."""
        if isinstance(target, ast.Name):
            self._bind(target.id, bound)
        elif isinstance(target, ast.Attribute):
            body = self._body
            if body is not None and body.me and isinstance(target.value, ast.Name) and target.value.id == body.me:
                names = self._attributes.setdefault(body.owner, {})
                names.setdefault(target.attr, []).append(bound._replace(scope=self._scope))
        elif isinstance(target, ast.Tuple | ast.List):
            for each in target.elts:
                self._store(each, Bound(kinds.OTHER, bound.line))
        elif isinstance(target, ast.Starred):
            self._store(target.value, Bound(kinds.OTHER, bound.line))

    def _found(self, value: ast.expr) -> None:
        """Note what a whole value binds, and a yield that it is."""
        if isinstance(value, ast.NamedExpr):
            self._walrus(value)
            return
        if isinstance(value, ast.Await):
            value = value.value
        if self._body is not None and isinstance(value, YIELDS):
            if not self._body.is_generator:
                self._body.is_generator = True
                self._body.gives.clear()
            self._body.gives[spelled(value.value) if isinstance(value, ast.Yield) else ""] = None

    def _return(self, node: ast.Return) -> None:
        if node.value is None or self._body is None:
            return
        self._found(node.value)
        if not self._body.is_generator:
            self._body.gives[spelled(node.value)] = None

    def _expression(self, node: ast.Expr) -> None:
        value = node.value
        if value.__class__ is ast.Constant:
            return
        self._found(value)
        if (
            isinstance(value, ast.Call)
            and isinstance(value.func, ast.Attribute)
            and isinstance(value.func.value, ast.Name)
            and value.func.value.id == "__all__"
        ):
            self._exports = None

    # Statements that hold others

    def _if(self, node: ast.If) -> None:
        self._walrus(node.test)
        names = {
            each.id if isinstance(each, ast.Name) else getattr(each, "attr", "") for each in asked_about(node.test)
        }
        if "TYPE_CHECKING" in names:
            is_negated = isinstance(node.test, ast.UnaryOp)
            self._maybe(node.body, kinds.FALLBACK if is_negated else kinds.FOR_TYPES)
            self._maybe(node.orelse, kinds.FOR_TYPES if is_negated else kinds.FALLBACK)
            return
        self._maybe(node.body)
        self._maybe(node.orelse, kinds.FALLBACK if "version_info" in names else "")

    def _walrus(self, test: ast.expr) -> None:
        """Bind what a test binds on its way."""
        if isinstance(test, ast.NamedExpr):
            self._store(test.target, Bound(kinds.VALUE, test.lineno, spelled(test.value)))
        elif isinstance(test, ast.Compare):
            self._walrus(test.left)
        elif isinstance(test, ast.UnaryOp):
            self._walrus(test.operand)
        elif isinstance(test, ast.BoolOp):
            for each in test.values:
                self._walrus(each)

    def _for(self, node: ast.For | ast.AsyncFor) -> None:
        self._store(node.target, Bound(kinds.OTHER, node.lineno))
        self._maybe(node.body)
        self._maybe(node.orelse)

    def _while(self, node: ast.While) -> None:
        self._walrus(node.test)
        self._maybe(node.body)
        self._maybe(node.orelse)

    def _with(self, node: ast.With | ast.AsyncWith) -> None:
        kind = kinds.ENTERED_ASYNC if isinstance(node, ast.AsyncWith) else kinds.ENTERED
        for item in node.items:
            if item.optional_vars is not None:
                self._store(item.optional_vars, Bound(kind, node.lineno, spelled(item.context_expr)))
        self.look_at(node.body)

    def _try(self, node: Any) -> None:
        self._maybe(node.body)
        for handler in node.handlers:
            with self._names.branch():
                if handler.name:
                    self._bind(handler.name, Bound(kinds.CAUGHT, handler.lineno, spelled(handler.type)))
                self._maybe(handler.body, kinds.FALLBACK)
        self._maybe(node.orelse)
        self.look_at(node.finalbody)

    def _match(self, node: ast.Match) -> None:
        for case in node.cases:
            for each in ast.walk(case.pattern):
                name = getattr(each, "name", None) or getattr(each, "rest", None)
                if isinstance(name, str):
                    self._bind(name, Bound(kinds.OTHER, node.lineno))
            self._maybe(case.body)

    def _global(self, node: ast.Global) -> None:
        if self._body is not None:
            self._body.outside.update(node.names)


def _decorators(node: _Def | ast.ClassDef) -> tuple[str, ...]:
    return tuple(spelled(each) or "..." for each in node.decorator_list)


def _is_row(node: ast.expr) -> TypeGuard[ast.Tuple | ast.List]:
    """Tell whether an expression lists values, or targets, one by one."""
    return isinstance(node, ast.Tuple | ast.List) and not any(isinstance(each, ast.Starred) for each in node.elts)


def _argument_names(args: ast.arguments) -> set[str]:
    return {each.arg for each in (*args.posonlyargs, *args.args, *args.kwonlyargs, args.vararg, args.kwarg) if each}
