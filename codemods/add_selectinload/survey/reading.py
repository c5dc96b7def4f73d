"""Which attributes a function reads of one of its parameters, as paths, through loops, names and comprehensions."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from .rows import Path

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
_Comprehension = ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp
# What a function takes from another of its arguments, or gives on as it is.
_THROUGH = frozenset(
    {"sorted", "reversed", "list", "tuple", "set", "iter", "enumerate", "filter", "next", "min", "max"}
)
_LONGEST = 6


def reads_of(node: FunctionNode, parameter: str) -> tuple[Path, ...]:
    """Return the longest paths that a function reads, sorted.

    for book in self.books:      ("books",)
        yield book.author.name   ("books", "author", "name")

    What is set or deleted is not read, but what leads to it is. The order of statements doesn't count: a name that
    stands for several things stands for all of them.
    """
    reading = _Reading(parameter)
    size = 0
    while reading.size != size:  # names may be bound after they are used: in a loop, or by a function inside of this
        size = reading.size
        for statement in node.body:
            reading.visit(statement)
        if len(reading.names) == 1:
            break
    found = {path for path in reading.found if path}
    return tuple(
        sorted(path for path in found if not any(other != path and path == other[: len(path)] for other in found))
    )


class _Reading(ast.NodeVisitor):
    def __init__(self, parameter: str) -> None:
        self.names: dict[str, set[Path]] = {parameter: {()}}
        self.found: set[Path] = set()

    @property
    def size(self) -> int:
        return sum(map(len, self.names.values())) + len(self.found)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if isinstance(node.ctx, ast.Load):
            self.found.update(self.paths(node))
        self.visit(node.value)

    def visit_Call(self, node: ast.Call) -> None:
        if (named := _named_attribute(node)) is not None:
            self.found.update(_longer(self.paths(node.args[0]), named))
        self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        self.visit(node.value)
        for target in node.targets:
            self.bind(target, self.paths(node.value))
            self.visit(target)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)
            self.bind(node.target, self.paths(node.value))
        self.visit(node.target)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.visit(node.value)
        self.bind(node.target, self.paths(node.value))

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Attribute):
            self.found.update(_longer(self.paths(node.target.value), node.target.attr))
        self.generic_visit(node)

    def _for(self, node: ast.For | ast.AsyncFor | ast.comprehension) -> None:
        self.visit(node.iter)
        self.bind(_item(node), self.paths(node.iter))

    def visit_For(self, node: ast.For) -> None:
        self._for(node)
        for statement in (*node.body, *node.orelse):
            self.visit(statement)

    def visit_AsyncFor(self, node: ast.AsyncFor) -> None:
        self._for(node)
        for statement in (*node.body, *node.orelse):
            self.visit(statement)

    def visit_comprehension(self, node: ast.comprehension) -> None:
        self._for(node)
        for test in node.ifs:
            self.visit(test)

    def _comprehension(self, node: _Comprehension) -> None:
        for generator in node.generators:
            self.visit(generator)
        for name in ("elt", "key", "value"):
            if (part := getattr(node, name, None)) is not None:
                self.visit(part)

    visit_ListComp = visit_SetComp = visit_GeneratorExp = visit_DictComp = _comprehension

    def bind(self, target: ast.expr, paths: Iterable[Path]) -> None:
        if isinstance(target, ast.Name) and (found := set(paths)):
            self.names.setdefault(target.id, set()).update(found)

    def paths(self, node: ast.expr) -> set[Path]:
        """Return the paths that lead to what an expression may be, or to its items."""
        if isinstance(node, ast.Name):
            return set(self.names.get(node.id, ()))
        if isinstance(node, ast.Attribute):
            return set(_longer(self.paths(node.value), node.attr))
        if isinstance(node, ast.Subscript | ast.Starred | ast.Await | ast.NamedExpr):
            return self.paths(node.value)
        if isinstance(node, ast.BoolOp):
            return set().union(*map(self.paths, node.values))
        if isinstance(node, ast.IfExp):
            return self.paths(node.body) | self.paths(node.orelse)
        if isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp):
            return self.paths(node.elt)
        if isinstance(node, ast.Call):
            return self._given(node)
        return set()

    def _given(self, node: ast.Call) -> set[Path]:
        if (named := _named_attribute(node)) is not None:
            return set(_longer(self.paths(node.args[0]), named))
        if isinstance(node.func, ast.Name) and node.func.id in _THROUGH and node.args:
            return set().union(*map(self.paths, node.args))
        if isinstance(node.func, ast.Attribute) and node.func.attr in ("values", "copy", "pop"):
            return self.paths(node.func.value)
        return set()


def _longer(paths: Iterable[Path], name: str) -> Iterator[Path]:
    return ((*path, name) for path in paths if len(path) < _LONGEST)


def _item(node: ast.For | ast.AsyncFor | ast.comprehension) -> ast.expr:
    """Return what is bound to an item: `book`, in `for i, book in enumerate(…)` and `for key, book in d.items()`."""
    target, given = node.target, node.iter
    is_pair = isinstance(target, ast.Tuple) and len(target.elts) == 2 and isinstance(given, ast.Call)
    if is_pair and isinstance(given, ast.Call) and isinstance(target, ast.Tuple):
        name = given.func.id if isinstance(given.func, ast.Name) else getattr(given.func, "attr", "")
        if name in ("enumerate", "items"):
            return target.elts[1]
    return target


def _named_attribute(node: ast.Call) -> str | None:
    """Return the name in `getattr(book, "author")`."""
    is_getattr = isinstance(node.func, ast.Name) and node.func.id == "getattr" and len(node.args) > 1
    name = node.args[1] if is_getattr else None
    return name.value if isinstance(name, ast.Constant) and isinstance(name.value, str) else None


def parameter_names(arguments: ast.arguments) -> tuple[str, ...]:
    """Return the names of the parameters that are given by position."""
    return tuple(each.arg for each in (*arguments.posonlyargs, *arguments.args))
