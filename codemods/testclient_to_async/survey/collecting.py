"""One pass over a file's `ast` that notes every chain of names and every call, and what becomes of them.

Which of them are clients is not asked here: that takes the whole repository.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator
from typing import NamedTuple

from greenmod.api import SurveyedFile, dotted

from .bodies import body_hint, is_text
from .functions import Definition, arguments_of, describe, strings_of
from .rows import Call, Expr, Function, Rows, Store, Text, Usage, With

_Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_BUILTINS = frozenset(dir(builtins)) - {"all", "any", "getattr"}
# What an `await` needs no parentheses in.
_BARE = (
    ast.Expr, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.NamedExpr, ast.Return, ast.Yield, ast.Call, ast.keyword,
    ast.List, ast.Tuple, ast.Set, ast.Dict, ast.withitem, ast.FormattedValue, ast.Assert, ast.If, ast.For, ast.While,
    ast.ListComp, ast.SetComp, ast.DictComp, ast.comprehension, ast.Raise, ast.Delete, ast.Match,
)  # fmt: skip
_IGNORE = re.compile(r"#\s*greenmod:\s*ignore(?:\[(?P<names>[^\]]*)\])?(?P<reason>[^\r\n#]*)")


class _Where(NamedTuple):
    """Where a node stands: its scope, what keeps an `await` from standing here, and what becomes of its value."""

    scope: str
    place: str
    usage: Usage
    is_bare: bool = False
    in_raises: bool = False
    annotates: str = ""


_NOTHING = Usage("other", "nothing")
_ASSERTED = Usage("other", "Assert")


def collect(file: SurveyedFile) -> Rows:
    """Return the rows of a file."""
    collector = _Collector(file)
    collector.run()
    return collector.rows()


class _Collector:
    def __init__(self, file: SurveyedFile) -> None:
        self._file = file
        self._lines = file.text.encode().splitlines(keepends=True) if file.tree.body else []
        self._waiting: list[tuple[ast.AST, _Where]] = []
        self._numbers: dict[int, int] = {}
        self.exprs: list[Expr] = []
        self.calls: dict[int, Call] = {}
        self.withs: dict[int, With] = {}
        self.functions: list[Function] = []
        self.stores: list[Store] = []
        self.texts: list[Text] = []
        self.marks: dict[str, tuple[str, ...]] = {}
        self.plugins: tuple[str, ...] = ()
        self.shared: dict[str, tuple[str, ...]] = {}
        self._yields: set[str] = set()
        self._odd: set[str] = set()
        self._visitors = {
            getattr(ast, name[7:]): getattr(self, name) for name in dir(self) if name.startswith("_visit_")
        }
        self._visitors[ast.AsyncFunctionDef] = self._visit_FunctionDef
        self._visitors[ast.Nonlocal] = self._visit_Global
        self._visitors[ast.AsyncWith] = self._visit_With
        for kind in (ast.SetComp, ast.DictComp, ast.GeneratorExp):
            self._visitors[kind] = self._visit_ListComp

    def run(self) -> None:
        """Visit everything, in no order that matters; without recursion, because a sum may have thousands of terms."""
        self._waiting = [(node, _Where("", "module", _NOTHING)) for node in self._file.tree.body]
        while self._waiting:
            node, where = self._waiting.pop()
            if visit := self._visitors.get(type(node)):
                visit(node, where)
            else:
                self._below(node, where)

    def rows(self) -> Rows:
        definitions = (n for n in self._file.tree.body if isinstance(n, Definition | ast.ClassDef))
        first = next(
            (
                min(n.lineno, *(d.lineno for d in n.decorator_list)) if n.decorator_list else n.lineno
                for n in definitions
            ),
            0,
        )
        return Rows(
            tuple(sorted(self.exprs)),
            self.calls,
            self.withs,
            tuple(
                function._replace(
                    is_generator=function.qualname in self._yields,
                    is_odd=function.qualname in self._yields and function.qualname in self._odd,
                )
                for function in sorted(self.functions, key=lambda function: function.line)
            ),
            tuple(sorted(self.stores)),
            tuple(self.texts),
            self.marks,
            self.plugins,
            self.shared,
            _ignored(self._file.text),
            first,
        )

    def _push(self, node: ast.AST | None, where: _Where) -> None:
        if node is not None:
            self._waiting.append((node, where))

    def _below(self, node: ast.AST, where: _Where) -> None:
        """Push what is below a node that gives its values no meaning of its own."""
        inner = where._replace(usage=Usage("other", type(node).__name__), is_bare=isinstance(node, _BARE))
        for child in ast.iter_child_nodes(node):
            self._push(child, inner)

    def _number(self, node: ast.AST) -> int:
        return self._numbers.setdefault(id(node), len(self._numbers))

    # Chains and calls

    def _visit_Name(self, node: ast.Name, where: _Where) -> None:
        if isinstance(node.ctx, ast.Load):
            self._chain(node, where)
        elif where.usage.kind == "other" and node.id not in _BUILTINS:
            self.stores.append(Store(where.scope, node.id, node.lineno, "other"))

    def _visit_Attribute(self, node: ast.Attribute, where: _Where) -> None:
        if not isinstance(node.ctx, ast.Load):
            where = where._replace(usage=Usage("stored"))
        self._chain(node, where)

    def _chain(self, node: ast.expr, where: _Where) -> None:
        chain = self._text(node)
        if chain is None:
            self._below(node, where)
            return
        first = chain.partition(".")[0]
        if first in _BUILTINS and "." not in chain:
            return
        expr = Expr(self._last(node), where.scope, where.place, chain, where.usage, where.is_bare)
        self.exprs.append(expr)
        base = _base(node)
        if isinstance(base, ast.Call):
            self._push(base, where._replace(usage=Usage("chained", chain.partition(".")[2]), is_bare=False))

    def _visit_Call(self, node: ast.Call, where: _Where) -> None:
        number = self._number(node)
        chain = self._text(node.func)
        said = chain or _said_of(node.func)
        expr = Expr(self._last(node.func), where.scope, where.place, said, where.usage, where.is_bare)
        self.calls[number] = _call(node, expr)
        if chain is None:
            self._push(node.func, where._replace(usage=Usage("other", "Call"), is_bare=False))
        else:
            base = _base(node.func)
            if isinstance(base, ast.Call):
                rest = chain.partition(".")[2]
                self._push(base, where._replace(usage=Usage("chained", rest, number), is_bare=False))
            if chain.rpartition(".")[2] in ("parametrize",):
                where = where._replace(place=where.place or "decorator")
        if chain == "all" and where.usage == _ASSERTED and len(node.args) == 1 and not where.place:
            where = where._replace(place=f"asserted:{number}")
        for index, argument in enumerate(node.args):
            usage = Usage("argument", str(index), number)
            self._push(argument, where._replace(usage=usage, is_bare=True))
        for keyword in node.keywords:
            usage = Usage("argument", keyword.arg or "**", number)
            self._push(keyword.value, where._replace(usage=usage, is_bare=True))

    def _text(self, node: ast.expr) -> str | None:
        """Return a chain as text; None where it hangs on something else than a name or a call."""
        if text := dotted(node):
            return text
        base = _base(node)
        if not isinstance(base, ast.Call):
            return None
        rest = []
        while isinstance(node, ast.Attribute):
            rest.append(node.attr)
            node = node.value
        return f"#{self._number(base)}" + "".join(f".{name}" for name in reversed(rest))

    def _last(self, node: ast.expr) -> tuple[int, int]:
        if isinstance(node, ast.Attribute):
            return node.end_lineno or node.lineno, (node.end_col_offset or 0) - len(node.attr.encode())
        if isinstance(node, ast.Call):
            return self._last(node.func)
        return node.lineno, node.col_offset

    # Statements

    def _visit_Expr(self, node: ast.Expr, where: _Where) -> None:
        self._push(node.value, where._replace(usage=Usage("statement"), is_bare=True))

    def _visit_Return(self, node: ast.Return, where: _Where) -> None:
        if node.value is not None:
            self._odd.add(where.scope)
        self._push(node.value, where._replace(usage=Usage("returned"), is_bare=True))

    def _visit_Yield(self, node: ast.Yield, where: _Where) -> None:
        self._yields.add(where.scope)
        self._push(node.value, where._replace(usage=Usage("yielded"), is_bare=True))

    def _visit_YieldFrom(self, node: ast.YieldFrom, where: _Where) -> None:
        self._yields.add(where.scope)
        is_whole = where.usage.kind == "statement" and isinstance(node.value, ast.Call)
        if not is_whole:
            self._odd.add(where.scope)
        self._push(node.value, where._replace(usage=Usage("delegated") if is_whole else Usage("other", "yield from")))

    def _visit_Await(self, node: ast.Await, where: _Where) -> None:
        self._push(node.value, where._replace(usage=Usage("awaited"), is_bare=True))

    def _visit_IfExp(self, node: ast.IfExp, where: _Where) -> None:
        self._push(node.test, where._replace(usage=Usage("other", "IfExp"), is_bare=False))
        for branch in (node.body, node.orelse):
            self._push(branch, where._replace(is_bare=False))

    def _visit_Assign(self, node: ast.Assign, where: _Where) -> None:
        targets = [dotted(target) for target in node.targets]
        if len(targets) == 1 and targets[0]:
            self._store(where, targets[0], node.lineno, node.value)
            usage = Usage("assigned", targets[0])
        else:
            usage = Usage("other", "assignment")
        for target in node.targets:
            if not isinstance(target, ast.Name) or len(targets) > 1:
                self._push(target, where._replace(usage=Usage("other", "target")))
        self._push(node.value, where._replace(usage=usage, is_bare=True))
        if targets == ["pytestmark"]:
            self.marks[where.scope] = tuple(_marks(node.value))
        if targets == ["pytest_plugins"]:
            self.plugins = tuple(
                each.value
                for each in ast.walk(node.value)
                if isinstance(each, ast.Constant) and isinstance(each.value, str)
            )

    def _visit_AnnAssign(self, node: ast.AnnAssign, where: _Where) -> None:
        target = dotted(node.target)
        self._annotation(node.annotation, where, target)
        if node.value is not None and target:
            self._store(where, target, node.lineno, node.value)
        if not isinstance(node.target, ast.Name):
            self._push(node.target, where._replace(usage=Usage("other", "target")))
        self._push(node.value, where._replace(usage=Usage("assigned", target), is_bare=True))

    def _visit_NamedExpr(self, node: ast.NamedExpr, where: _Where) -> None:
        self._store(where, node.target.id, node.lineno, node.value)
        self._push(node.value, where._replace(usage=Usage("walrus", node.target.id), is_bare=True))

    def _store(self, where: _Where, target: str, line: int, value: ast.expr) -> None:
        values = [value.body, value.orelse] if isinstance(value, ast.IfExp) else [value]
        for each in values:
            text = is_text(each)
            if isinstance(each, ast.Constant) and each.value is None:
                kind = "none"
            elif isinstance(each, ast.Call):
                kind = f"#{self._number(each)}"
            else:
                kind = dotted(each) or "other"
            self.stores.append(Store(where.scope, target, line, kind, text))

    def _visit_With(self, node: ast.With | ast.AsyncWith, where: _Where) -> None:
        number = self._number(node)
        at = node.lineno, node.col_offset
        raises = any(_is_raises(item.context_expr) for item in node.items)
        is_async = isinstance(node, ast.AsyncWith)
        end = node.end_lineno or node.lineno
        self.withs[number] = With(at, len(node.items), end, is_async, where.in_raises or raises)
        for item in node.items:
            target = dotted(item.optional_vars) if item.optional_vars else ""
            if item.optional_vars is not None:
                if target:
                    self._store(where, target, node.lineno, item.context_expr)
                if not isinstance(item.optional_vars, ast.Name):
                    self._push(item.optional_vars, where._replace(usage=Usage("other", "target")))
            usage = Usage("entered", target or ("?" if item.optional_vars else ""), number)
            self._push(item.context_expr, where._replace(usage=usage, is_bare=True))
        for statement in node.body:
            self._push(statement, where._replace(in_raises=where.in_raises or raises))

    def _visit_Try(self, node: ast.Try, where: _Where) -> None:
        for statement in node.body:
            self._push(statement, where._replace(in_raises=where.in_raises or bool(node.handlers)))
        for child in (*node.handlers, *node.orelse, *node.finalbody):
            self._push(child, where)

    def _visit_ListComp(self, node: _Comprehension, where: _Where) -> None:
        """The first iterable belongs to the place around; all else runs inside."""
        if where.place.startswith("asserted:"):
            is_whole = where.usage.kind == "argument" and isinstance(node, ast.GeneratorExp)
            place = where.place if is_whole else "generator-expression"
            where = where._replace(place="")
        elif where.place not in ("", "comprehension"):
            place = where.place
        elif isinstance(node, ast.GeneratorExp):
            place = "generator-expression"
        else:
            place = "nested-comprehension" if where.place else "comprehension"
        inner = where._replace(place=place, usage=Usage("other", type(node).__name__), is_bare=True)
        for index, generator in enumerate(node.generators):
            outer = where._replace(usage=Usage("other", "iterable"), is_bare=True)
            self._push(generator.iter, outer if index == 0 else inner)
            self._push(generator.target, inner)
            for condition in generator.ifs:
                self._push(condition, inner)
        values = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        for value in values:
            self._push(value, inner)

    def _visit_Lambda(self, node: ast.Lambda, where: _Where) -> None:
        self._defaults(node.args, where)
        self._push(node.body, where._replace(place="lambda", usage=Usage("other", "lambda"), is_bare=False))

    def _visit_Global(self, node: ast.Global | ast.Nonlocal, where: _Where) -> None:
        self.shared[where.scope] = (*self.shared.get(where.scope, ()), *node.names)

    # Definitions

    def _visit_ClassDef(self, node: ast.ClassDef, where: _Where) -> None:
        qualname = _inside(where.scope, node.name)
        for base in node.bases:
            self._push(base, where._replace(place="class", usage=Usage("inherited", qualname)))
        for decorator in node.decorator_list:
            self._push(decorator, where._replace(place="decorator", usage=Usage("decorates", qualname)))
        for keyword in node.keywords:
            self._push(keyword.value, where._replace(place="class", usage=Usage("other", "class keyword")))
        for statement in node.body:
            self._push(statement, _Where(qualname, "class", _NOTHING))

    def _visit_FunctionDef(self, node: Definition, where: _Where) -> None:
        qualname = _inside(where.scope, node.name)
        for decorator in node.decorator_list:
            self._push(decorator, where._replace(place="decorator", usage=Usage("decorates", qualname)))
        self._defaults(node.args, where)
        for argument in arguments_of(node.args):
            self._annotation(argument.annotation, where._replace(scope=where.scope), argument.arg, qualname)
        self._annotation(node.returns, where, "return", qualname)
        for statement in node.body:
            self._push(statement, _Where(qualname, "", _NOTHING))
        self.functions.append(describe(node, qualname, self._lines[node.lineno - 1]))

    def _defaults(self, arguments: ast.arguments, where: _Where) -> None:
        for default in (*arguments.defaults, *arguments.kw_defaults):
            self._push(default, where._replace(place="default", usage=Usage("default")))

    def _annotation(self, node: ast.expr | None, where: _Where, of: str, function: str = "") -> None:
        if node is not None:
            detail = f"{function}:{of}" if function else f":{of}"
            self._push(node, where._replace(place="annotation", usage=Usage("annotation", detail), annotates=detail))

    def _visit_Subscript(self, node: ast.Subscript, where: _Where) -> None:
        """What is inside an annotation annotates the same thing: `Generator[TestClient, None, None]`."""
        if where.usage.kind == "annotation":
            self._push(node.value, where._replace(usage=Usage("annotation", where.usage.detail, 1)))
            for child in ast.walk(node.slice):
                self._annotated_part(child, where)
            return
        self._push(node.value, where._replace(usage=Usage("other", "Subscript"), is_bare=False))
        self._push(node.slice, where._replace(usage=Usage("other", "slice"), is_bare=True))

    def _annotated_part(self, node: ast.AST, where: _Where) -> None:
        if isinstance(node, ast.Constant):
            self._visit_Constant(node, where)
        elif isinstance(node, ast.Name | ast.Attribute) and dotted(node):
            self._chain(node, where)

    def _visit_BinOp(self, node: ast.BinOp, where: _Where) -> None:
        """`TestClient | None`, in an annotation."""
        inner = where if where.usage.kind == "annotation" else where._replace(usage=Usage("other", "BinOp"))
        for side in (node.left, node.right):
            self._push(side, inner._replace(is_bare=False))

    def _visit_Constant(self, node: ast.Constant, where: _Where) -> None:
        if where.usage.kind == "annotation" and isinstance(node.value, str):
            written = self._source(node)
            self.texts.append(
                Text((node.lineno, node.col_offset), where.scope, node.value, written, where.usage.detail)
            )

    def _visit_JoinedStr(self, node: ast.JoinedStr, where: _Where) -> None:
        for value in node.values:
            if isinstance(value, ast.FormattedValue):
                self._push(value.value, where._replace(usage=Usage("other", "f-string"), is_bare=True))
                self._push(value.format_spec, where)

    def _source(self, node: ast.expr) -> str:
        if node.lineno != node.end_lineno:
            return ""
        return self._lines[node.lineno - 1][node.col_offset : node.end_col_offset].decode()


def _ignored(text: str) -> dict[int, str]:
    """Return the lines that a comment asks to leave alone, each with the reason that it gives."""
    if "greenmod:" not in text:
        return {}
    found = ((number, _IGNORE.search(line)) for number, line in enumerate(text.splitlines(), 1))
    return {
        number: match["reason"].strip() or "a comment says to leave it"
        for number, match in found
        if match and (not match["names"] or "testclient-to-async" in match["names"])
    }


def _inside(scope: str, name: str) -> str:
    return f"{scope}.{name}" if scope else name


def _base(node: ast.expr) -> ast.expr:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node


def _said_of(callee: ast.expr) -> str:
    """Return what stands for a callee that is no chain, and resolves to nothing: `Generic[int]()`, `table[0]()`."""
    return f"{dotted(callee.value)}[]" if isinstance(callee, ast.Subscript) else "?"


def _is_raises(node: ast.expr) -> bool:
    name = dotted(node.func).rpartition(".")[2] if isinstance(node, ast.Call) else ""
    return name == "raises" or name.startswith("assertRaises")


def _ends(node: ast.Call) -> Iterator[str]:
    """Yield what the f-strings among the arguments begin and end with, around a brace."""
    for argument in node.args:
        if isinstance(argument, ast.JoinedStr) and argument.values:
            ends = (argument.values[0], argument.values[-1])
            yield "{".join(str(end.value) if isinstance(end, ast.Constant) else "" for end in ends)


def _marks(node: ast.expr) -> Iterator[str]:
    """Yield the marks in the value of a `pytestmark`."""
    for each in node.elts if isinstance(node, ast.List | ast.Tuple) else [node]:
        yield dotted(each.func if isinstance(each, ast.Call) else each)


def _call(node: ast.Call, expr: Expr) -> Call:
    name = expr.chain.rpartition(".")[2]
    star = any(isinstance(a, ast.Starred) for a in node.args) or any(k.arg is None for k in node.keywords)
    keywords = tuple(keyword.arg for keyword in node.keywords if keyword.arg)
    strings = (*strings_of(node), *_ends(node))
    given = [*node.args[:1], *(k.value for k in node.keywords if k.arg == "app")]
    app = dotted(given[0]) if given else ""
    return Call(expr, len(node.args), keywords, star, strings, app, body_hint(node, name))
