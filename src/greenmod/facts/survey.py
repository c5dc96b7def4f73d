"""Facts of one file from the standard library's `ast`: one pass, no scopes solved, nothing resolved.

Eleven times cheaper than LibCST, so this is what answers questions about files that will not change.
"""

from __future__ import annotations

import ast
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

from greenmod.errors import FileError
from greenmod.facts.record import DEFINED, OTHER, ClassFact, FileFacts, FunctionFact, ImportFact
from greenmod.source import Source, line_starts

# What is below a node, and neither binds a name nor holds anything that does.
_LEAVES = frozenset(
    {ast.Constant, type(None), type(...), bool, bytes, complex, float, int, str}
    | {
        kind
        for base in (ast.expr_context, ast.operator, ast.boolop, ast.unaryop, ast.cmpop)
        for kind in base.__subclasses__()
    }
)
_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def parse(source: Source) -> ast.Module:
    """Parse a file with the running Python's grammar.

    Raises SyntaxError where that grammar does not know the syntax (LibCST may), FileError where the source is
    nested so deeply that no parser should be trusted with it.
    """
    import warnings

    if "\0" in source.text:  # which Python refuses, each version in its own way, and LibCST doesn't
        line = bisect_right(line_starts(source.text), source.text.index("\0"))
        raise FileError(source.path, "contains a NUL byte", line=line, kind="syntax")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # invalid escapes and the like are the file's business
        try:
            return ast.parse(source.text)
        except (RecursionError, MemoryError) as error:
            raise too_deep(source.path) from error
        except ValueError as error:  # half of a surrogate pair
            raise FileError(source.path, str(error), kind="syntax") from error
        except SyntaxError as error:
            if "too many nested" in str(error):
                raise too_deep(source.path, error.lineno or 1) from error
            raise


def too_deep(path: str, line: int = 1) -> FileError:
    return FileError(
        path,
        "is nested too deeply to be parsed safely",
        "Split the expression, or leave the file out with `exclude`.",
        line=line,
        kind="syntax",
    )


def survey(path: str, tree: ast.Module) -> FileFacts:
    """Collect the facts of a parsed file. Raises FileError where it is nested too deeply."""
    surveyor = _Surveyor()
    try:
        surveyor.generic_visit(tree)
    except RecursionError as error:
        raise too_deep(path) from error
    return FileFacts(
        path=path,
        statements=statement_ranges(tree),
        imports=tuple(surveyor.imports),
        classes=tuple(surveyor.classes),
        functions=tuple(surveyor.functions),
        names={
            scope: {name: tuple(targets) for name, targets in names.items()} for scope, names in surveyor.names.items()
        },
    )


def statement_ranges(tree: ast.Module) -> tuple[tuple[int, int], ...]:
    """Return the first and the last line of each top-level statement."""
    return tuple((first_line(statement), statement.end_lineno or statement.lineno) for statement in tree.body)


def first_line(statement: ast.stmt) -> int:
    """Return the line on which a statement begins, decorators included."""
    if isinstance(statement, _Definition) and statement.decorator_list:
        return min(statement.lineno, statement.decorator_list[0].lineno)
    return statement.lineno


def dotted(node: ast.expr) -> str:
    """Return `a.b.c` for a chain of plain names, else an empty string."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join((node.id, *reversed(parts)))


class _Surveyor(ast.NodeVisitor):
    def __init__(self) -> None:
        self.scope = ""
        self.imports: list[ImportFact] = []
        self.classes: list[ClassFact] = []
        self.functions: list[FunctionFact] = []
        self.names: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        self._for_types = False
        self._visitors: Mapping[type[ast.AST], Callable[[Any], None]] = {
            getattr(ast, name[6:]): getattr(self, name) for name in vars(_Surveyor) if name.startswith("visit_")
        }

    def bind(self, name: str, target: str = OTHER, scope: str | None = None) -> None:
        targets = self.names[self.scope if scope is None else scope][name]
        if target not in targets:
            targets.append(target)

    def qualname(self, name: str) -> str:
        return f"{self.scope}.{name}" if self.scope else name

    def generic_visit(self, node: ast.AST) -> None:
        """Visit what is below, in order; recursing only through visitors, because a sum may have thousands of terms."""
        waiting = _below(node)
        while waiting:
            child = waiting.pop()
            if visit := self._visitors.get(child.__class__):
                visit(child)
            else:
                waiting += _below(child)

    def visit(self, node: ast.AST) -> None:
        """Visit a node; without looking for the name of a method each time."""
        self._visitors.get(node.__class__, self.generic_visit)(node)

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            # `import a.b` binds `a`; `import a.b as c` binds `c` to `a.b`.
            name = alias.asname or alias.name.partition(".")[0]
            target = alias.name if alias.asname else name
            self.imports.append(ImportFact(self.scope, name, target, node.lineno, self._for_types))
            self.bind(name, target)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = "." * node.level + (node.module or "")
        for alias in node.names:
            if alias.name == "*":
                self.imports.append(ImportFact(self.scope, "*", module, node.lineno, self._for_types))
                continue
            target = module + ("" if module.endswith(".") else ".") + alias.name
            name = alias.asname or alias.name
            self.imports.append(ImportFact(self.scope, name, target, node.lineno, self._for_types))
            self.bind(name, target)

    def visit_If(self, node: ast.If) -> None:
        if dotted(node.test).rpartition(".")[2] != "TYPE_CHECKING":
            self.generic_visit(node)
            return
        outer, self._for_types = self._for_types, True
        for statement in node.body:
            self.visit(statement)
        self._for_types = outer
        for statement in node.orelse:
            self.visit(statement)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        qualname = self.qualname(node.name)
        self.bind(node.name, DEFINED + qualname)
        self.classes.append(
            ClassFact(
                qualname,
                first_line(node),
                node.end_lineno or node.lineno,
                tuple(dotted(_unsubscripted(base)) for base in node.bases),
                tuple(keyword.arg or "**" for keyword in node.keywords),
                tuple(dotted(decorator) for decorator in node.decorator_list),
            )
        )
        for child in (*node.decorator_list, *node.bases, *(keyword.value for keyword in node.keywords)):
            self.visit(child)
        self._inside(node, qualname)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        qualname = self.qualname(node.name)
        self.bind(node.name, DEFINED + qualname)
        parameters = _parameters(node.args)
        self.functions.append(
            FunctionFact(
                qualname,
                first_line(node),
                node.end_lineno or node.lineno,
                isinstance(node, ast.AsyncFunctionDef),
                tuple(dotted(_called(decorator)) for decorator in node.decorator_list),
                parameters,
            )
        )
        for child in node.decorator_list:
            self.visit(child)
        self.visit(node.args)
        for parameter in parameters:
            self.bind(parameter, scope=qualname)
        self._inside(node, qualname)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_arguments(self, node: ast.arguments) -> None:
        for default in (*node.defaults, *(value for value in node.kw_defaults if value is not None)):
            self.visit(default)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        for parameter in _parameters(node.args):
            self.bind(parameter)
        self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> None:
        if not isinstance(node.ctx, ast.Load):
            self.bind(node.id)

    def visit_Assign(self, node: ast.Assign) -> None:
        # `except ImportError: name = None` is a placeholder, not another meaning of the name.
        if isinstance(node.value, ast.Constant) and node.value.value is None:
            imported = self.names[self.scope]
            if all(isinstance(target, ast.Name) and target.id in imported for target in node.targets):
                return
        self.generic_visit(node)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if node.name:
            self.bind(node.name)
        self.generic_visit(node)

    def visit_Global(self, node: ast.Global) -> None:
        for name in node.names:
            self.bind(name, scope="")

    def visit_MatchAs(self, node: ast.MatchAs) -> None:
        if node.name:
            self.bind(node.name)
        self.generic_visit(node)

    def visit_MatchStar(self, node: ast.MatchStar) -> None:
        if node.name:
            self.bind(node.name)

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        if node.rest:
            self.bind(node.rest)
        self.generic_visit(node)

    def _inside(self, node: _Definition, qualname: str) -> None:
        outer, self.scope = self.scope, qualname
        for statement in node.body:
            self.visit(statement)
        self.scope = outer


def _below(node: ast.AST) -> list[ast.AST]:
    """Return the nodes below one that may bind a name or hold others, the last first."""
    found: list[Any] = []
    for field in node._fields:
        value = getattr(node, field, None)
        if value.__class__ is list:
            found += [each for each in value if each.__class__ not in _LEAVES]
        elif value.__class__ not in _LEAVES:
            found.append(value)
    found.reverse()
    return found


def _called(node: ast.expr) -> ast.expr:
    return node.func if isinstance(node, ast.Call) else node


def _unsubscripted(node: ast.expr) -> ast.expr:
    return node.value if isinstance(node, ast.Subscript) else node


def _parameters(args: ast.arguments) -> tuple[str, ...]:
    extra = (args.vararg, args.kwarg)
    named = (*args.posonlyargs, *args.args, *args.kwonlyargs)
    return tuple(arg.arg for arg in (*named, *extra) if arg is not None)
