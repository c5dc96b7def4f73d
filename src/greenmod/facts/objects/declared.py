"""The declarations of one module from its `ast` tree: one pass over its statements, nothing resolved.

Expressions are looked into only as far as they bind a name or say what something is.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from greenmod.facts.objects import declarations as kinds
from greenmod.facts.objects.binder import Binder, Body
from greenmod.facts.objects.bindings import frozen
from greenmod.facts.objects.declarations import Bound, Class, Declarations, Function, Star
from greenmod.facts.objects.exports import Exports
from greenmod.facts.objects.spelling import spelled, spelled_type
from greenmod.facts.objects.statements import asked_about, has_yield

_Def = ast.FunctionDef | ast.AsyncFunctionDef
_GIVEN = 12  # results of one function that are told apart
_TRIES = tuple(kind for kind in (ast.Try, getattr(ast, "TryStar", None)) if kind)


def declare(tree: ast.Module) -> Declarations:
    """Collect what a module, or a stub, declares."""
    collector = _Collector()
    collector.look_at(tree.body)
    return collector.result()


class _Collector:
    def __init__(self) -> None:
        self._here = Binder()
        self._functions: dict[str, list[Function]] = {}
        self._classes: dict[str, list[Class]] = {}
        self._stars: list[Star] = []
        self._exports = Exports()
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
            names=self._here.names.frozen(),
            functions={name: tuple(found) for name, found in self._functions.items()},
            classes={name: tuple(found) for name, found in self._classes.items()},
            attributes=frozen(self._here.attributes),
            stars=tuple(self._stars),
            exports=self._exports.result(),
        )

    def look_at(self, statements: Iterable[ast.stmt]) -> None:
        visitors = self._visitors
        for statement in statements:
            visit = visitors.get(statement.__class__)
            if visit is not None:
                visit(statement)

    def _maybe(self, statements: Sequence[ast.stmt], note: str = "") -> None:
        """Look at a block that may be left out; most `else` are none."""
        if statements:
            with self._here.branch(note):
                self.look_at(statements)

    # Definitions

    def _import(self, node: ast.Import) -> None:
        for alias in node.names:
            name = alias.asname or alias.name.partition(".")[0]
            self._here.bind(name, Bound(kinds.IMPORT, node.lineno, alias.name if alias.asname else name))

    def _import_from(self, node: ast.ImportFrom) -> None:
        module = "." * node.level + (node.module or "")
        for alias in node.names:
            if alias.name == "*":
                self._stars.append(Star(module, node.lineno))
                continue
            target = f"{module}{'' if module.endswith('.') else '.'}{alias.name}"
            self._here.bind(alias.asname or alias.name, Bound(kinds.IMPORT, node.lineno, target))

    def _class(self, node: ast.ClassDef) -> None:
        self._here.bind(node.name, Bound(kinds.CLASS, node.lineno))
        qualname = self._here.qualname(node.name)
        bases = tuple(spelled_type(base) for base in node.bases)
        keywords = tuple((keyword.arg or "**", spelled(keyword.value)) for keyword in node.keywords)
        found = Class(node.lineno, bases, keywords, _decorators(node))
        self._classes.setdefault(qualname, []).append(found)
        with self._here.inside(qualname):
            self.look_at(node.body)

    def _function(self, node: _Def) -> None:
        decorators = _decorators(node)
        is_aside = any(each.startswith(f"{node.name}.") for each in decorators)
        self._here.bind(node.name, Bound(kinds.FUNCTION, node.lineno), is_aside=is_aside)
        qualname = self._here.qualname(node.name)
        body = self._begin(node)
        with self._here.inside(qualname, body):
            parameters = self._parameters(node.args)
            self.look_at(node.body)
        is_async = node.__class__ is ast.AsyncFunctionDef
        found = Function(
            node.lineno,
            is_async,
            body.is_generator or (is_async and has_yield(node.body)),
            decorators,
            spelled_type(node.returns),
            parameters,
            tuple(body.gives)[:_GIVEN],
        )
        self._functions.setdefault(qualname, []).append(found)

    def _begin(self, node: _Def) -> Body:
        """Return the body of a function, as yet empty; a function inside a method sees the method's `self`."""
        if self._here.scope in self._classes:
            arguments = [*node.args.posonlyargs, *node.args.args]
            is_static = any(isinstance(each, ast.Name) and each.id == "staticmethod" for each in node.decorator_list)
            me = arguments[0].arg if arguments and not is_static else ""
            return Body(self._here.scope, me)
        around = self._here.body
        if around is not None and around.me not in _argument_names(node.args):
            return Body(around.owner, around.me)
        return Body("", "")

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
            self._here.names.add(self._here.scope, arg.arg, bound)
        for stars, rest in (("*", args.vararg), ("**", args.kwarg)):
            if rest is not None:
                names.append(stars + rest.arg)
                self._here.names.add(self._here.scope, rest.arg, Bound(kinds.OTHER, rest.lineno))
        return tuple(names)

    # Values

    def _assign(self, node: ast.Assign) -> None:
        self._here.look_into(node.value)
        for target in node.targets:
            self._here.give(target, node.value)
            if isinstance(target, ast.Name) and target.id == "__all__" and not self._here.scope:
                self._exports.assign(node.value)

    def _annotated(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self._here.look_into(node.value)
        bound = Bound(kinds.VALUE, node.lineno, spelled(node.value), spelled_type(node.annotation))
        self._here.store(node.target, bound)
        if isinstance(node.target, ast.Name) and node.target.id == "__all__" and node.value and not self._here.scope:
            self._exports.assign(node.value)

    def _augmented(self, node: ast.AugAssign) -> None:
        self._here.look_into(node.value)
        if isinstance(node.target, ast.Name) and node.target.id == "__all__":
            self._exports.add(node.value)

    def _type_alias(self, node: Any) -> None:
        self._here.bind(node.name.id, Bound(kinds.VALUE, node.lineno, spelled_type(node.value)))

    def _return(self, node: ast.Return) -> None:
        body = self._here.body
        if node.value is None or body is None:
            return
        self._here.look_into(node.value)
        if not body.is_generator:
            body.gives[spelled(node.value)] = None

    def _expression(self, node: ast.Expr) -> None:
        value = node.value
        if value.__class__ is ast.Constant:
            return
        self._here.look_into(value)
        if (
            isinstance(value, ast.Call)
            and isinstance(value.func, ast.Attribute)
            and isinstance(value.func.value, ast.Name)
            and value.func.value.id == "__all__"
        ):
            self._exports.give_up()

    # Statements that hold others

    def _if(self, node: ast.If) -> None:
        self._here.look_into_test(node.test)
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

    def _for(self, node: ast.For | ast.AsyncFor) -> None:
        self._here.store(node.target, Bound(kinds.OTHER, node.lineno))
        self._maybe(node.body)
        self._maybe(node.orelse)

    def _while(self, node: ast.While) -> None:
        self._here.look_into_test(node.test)
        self._maybe(node.body)
        self._maybe(node.orelse)

    def _with(self, node: ast.With | ast.AsyncWith) -> None:
        kind = kinds.ENTERED_ASYNC if isinstance(node, ast.AsyncWith) else kinds.ENTERED
        for item in node.items:
            if item.optional_vars is not None:
                self._here.store(item.optional_vars, Bound(kind, node.lineno, spelled(item.context_expr)))
        self.look_at(node.body)

    def _try(self, node: Any) -> None:
        self._maybe(node.body)
        for handler in node.handlers:
            with self._here.branch():
                if handler.name:
                    self._here.bind(handler.name, Bound(kinds.CAUGHT, handler.lineno, spelled(handler.type)))
                self._maybe(handler.body, kinds.FALLBACK)
        self._maybe(node.orelse)
        self.look_at(node.finalbody)

    def _match(self, node: ast.Match) -> None:
        for case in node.cases:
            for each in ast.walk(case.pattern):
                name = getattr(each, "name", None) or getattr(each, "rest", None)
                if isinstance(name, str):
                    self._here.bind(name, Bound(kinds.OTHER, node.lineno))
            self._maybe(case.body)

    def _global(self, node: ast.Global) -> None:
        if self._here.body is not None:
            self._here.body.outside.update(node.names)


def _decorators(node: _Def | ast.ClassDef) -> tuple[str, ...]:
    return tuple(spelled(each) or "..." for each in node.decorator_list)


def _argument_names(args: ast.arguments) -> set[str]:
    return {each.arg for each in (*args.posonlyargs, *args.args, *args.kwonlyargs, args.vararg, args.kwarg) if each}
