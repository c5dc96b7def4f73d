"""Collect the rows of one file, by `ast`: class bodies and the module's own statements, and no others."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from greenmod.api import SurveyedFile, dotted

from .reading import FunctionNode, parameter_names, reads_of
from .rows import Assigned, Class, Function, Imperative, Member, Rows, Value
from .texts import Texts

#: Words that a file holds if it says anything of mapped classes, schemas or their routes.
WORDS = (
    *("sqlalchemy", "sqlmodel", "pydantic", "SQLAlchemy", "relationship", "Relationship", "Mapped", "mapped_column"),
    *("Column", "__tablename__", "__mapper_args__", "hybrid_property", "association_proxy", "declared_attr"),
    *("model_config", "from_attributes", "orm_mode", "response_model", "APIRouter", "db.Model"),
)
_TRIES = tuple(kind for kind in (ast.Try, getattr(ast, "TryStar", None)) if kind)
# Methods that set attributes up, or whose `self` is a row no more.
_SETTING = frozenset({"__init__", "__new__", "__init_subclass__", "__class_getitem__", "__eq__", "__hash__"})
# Functions that say something of a model wherever they stand: mixins have nothing else.
_TELLING = frozenset(
    {"property", "cached_property", "memoized_property", "computed_field"}
    | {"hybrid_property", "hybrid_method", "inplace"}
)
_BEFORE = frozenset({"model_validator", "root_validator"})
_OF_MODELS = frozenset(
    {"relationship", "Relationship", "association_proxy", "synonym"}
    | {"Column", "mapped_column", "column_property", "deferred"}
)
_NAMES_OF_MODELS = frozenset({"__tablename__", "__abstract__", "__table__", "__mapper_args__", "__table_args__"})


def collect(file: SurveyedFile) -> Rows:
    """Return what a file says of classes; the survey of any file may be asked for, with or without the words."""
    collector = _Collector(file.text)
    collector.module(file.tree)
    has_calls = "map_imperatively" in file.text or "mapper(" in file.text
    imperative = tuple(_imperative(file.tree)) if has_calls else ()
    return Rows(tuple(collector.classes), tuple(collector.functions), tuple(collector.assigned), imperative)


class _Collector:
    def __init__(self, text: str) -> None:
        self.texts = Texts(text)
        self.makes_relationships = "elationship(" in text
        self.classes: list[Class] = []
        self.functions: list[Function] = []
        self.assigned: list[Assigned] = []

    def module(self, tree: ast.Module) -> None:
        for statement in _flat(tree.body):
            if isinstance(statement, ast.ClassDef):
                self._class(statement, statement.name)
            elif isinstance(statement, FunctionNode):
                if statement.decorator_list or self.makes_relationships:
                    self.functions.append(self._function(statement, statement.name))
            else:
                self._module_assign(statement)

    def _module_assign(self, statement: ast.stmt) -> None:
        """Note what a name of the module, or an attribute of a class, is set to; and what is added to a mapper."""
        if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            for target in targets:
                owner, _, name = dotted(target).rpartition(".")
                if name:
                    value = self.texts.value(statement.value)
                    self.assigned.append(Assigned(owner, name, statement.lineno, value))
        elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
            call = statement.value
            owner = dotted(call.func).removesuffix(".__mapper__.add_property")
            if owner != dotted(call.func) and len(call.args) == 2 and isinstance(call.args[0], ast.Constant):
                name = str(call.args[0].value)
                self.assigned.append(Assigned(owner, name, statement.lineno, self.texts.value(call.args[1])))

    def _class(self, node: ast.ClassDef, qualname: str) -> None:
        members: list[Member] = []
        inner: list[ast.ClassDef] = []
        methods: list[FunctionNode] = []
        for statement in _flat(node.body):
            if isinstance(statement, ast.ClassDef):
                inner.append(statement)
            elif isinstance(statement, FunctionNode):
                methods.append(statement)
            else:
                members += self._members(statement)
        is_model = any(map(_is_of_model, members)) or any(each.arg == "table" for each in node.keywords)
        functions = [self._method(method, f"{qualname}.{method.name}", is_model) for method in methods]
        found = Class(
            qualname,
            node.lineno,
            tuple(map(self.texts.of, node.bases)),
            tuple((each.arg or "**", self.texts.of(each.value)) for each in node.keywords),
            tuple(map(self.texts.of, node.decorator_list)),
            tuple(members),
            tuple(functions),
        )
        self.classes.append(found)
        for each in inner:
            self._class(each, f"{qualname}.{each.name}")

    def _members(self, statement: ast.stmt) -> Iterator[Member]:
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            value = self.texts.value(statement.value) if statement.value is not None else None
            yield Member(statement.target.id, statement.lineno, self.texts.of(statement.annotation), value)
        elif isinstance(statement, ast.Assign):
            for target in statement.targets:
                if isinstance(target, ast.Name):
                    yield Member(target.id, statement.lineno, "", self.texts.value(statement.value))

    def _function(self, node: FunctionNode, qualname: str) -> Function:
        return Function(
            qualname,
            node.lineno,
            isinstance(node, ast.AsyncFunctionDef),
            tuple(map(self.texts.value, node.decorator_list)),
            self.texts.of(node.returns),
            self._given(node.body),
        )

    def _method(self, node: FunctionNode, qualname: str, is_model: bool) -> Function:
        """Return a method, with what it reads where it can be one of a model: the rest of a program has many more."""
        found = self._function(node, qualname)
        parameters = parameter_names(node.args)
        names = {part for each in found.decorators for part in (each.callee or each.text).split(".")}
        is_shown = node.name in ("__repr__", "__str__")
        if parameters and node.name not in _SETTING and (is_model or is_shown or names & _TELLING):
            found = found._replace(reads=reads_of(node, parameters[0]))
        if len(parameters) > 1 and names & _BEFORE:
            found = found._replace(reads_second=reads_of(node, parameters[1]))
        return found

    def _given(self, body: Sequence[ast.stmt]) -> Value | None:
        """Return what the last statement returns, if that is a call, a name or a literal."""
        last = body[-1]
        if isinstance(last, ast.Return) and isinstance(last.value, ast.Call | ast.Name | ast.Attribute | ast.Constant):
            return self.texts.value(last.value)
        return None


def _is_of_model(member: Member) -> bool:
    is_made = member.value is not None and member.value.callee.rpartition(".")[2] in _OF_MODELS
    return is_made or member.name in _NAMES_OF_MODELS or "Mapped" in member.annotation


def _flat(statements: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield statements with those in the blocks of `if`, `try` and `with`, in order."""
    for statement in statements:
        if isinstance(statement, ast.If):
            yield from _flat(statement.body)
            yield from _flat(statement.orelse)
        elif isinstance(statement, _TRIES):
            yield from _flat(statement.body)
            for handler in statement.handlers:
                yield from _flat(handler.body)
            yield from _flat(statement.orelse)
        elif isinstance(statement, ast.With):
            yield from _flat(statement.body)
        else:
            yield statement


def _imperative(tree: ast.Module) -> Iterator[Imperative]:
    """Yield the classes that a call maps, in functions as well."""
    waiting: list[tuple[ast.AST, str]] = [(tree, "")]
    while waiting:
        node, scope = waiting.pop()
        if isinstance(node, FunctionNode | ast.ClassDef):
            scope = f"{scope}.{node.name}" if scope else node.name
        if isinstance(node, ast.Call) and node.args:
            last = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if last in ("map_imperatively", "mapper") and (owner := dotted(node.args[0])):
                yield Imperative(owner, node.lineno, scope)
        waiting += [(child, scope) for child in ast.iter_child_nodes(node)]
