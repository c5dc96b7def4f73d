"""What a `def` says of a function: decorators, parameters, and what kind of fixture it is."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from greenmod.api import dotted

from .rows import Function

Definition = ast.FunctionDef | ast.AsyncFunctionDef
_DEF = re.compile(rb"(?:async[ \t\f]+)?def[ \t\f]+")
_FIXTURES = ("fixture", "pytest.fixture", "pytest_asyncio.fixture", "yield_fixture", "pytest.yield_fixture")


def describe(node: Definition, qualname: str, line: bytes) -> Function:
    """Return the row of a function; `line` is the one on which its `def` stands."""
    decorators = tuple(dotted(d.func if isinstance(d, ast.Call) else d) for d in node.decorator_list)
    match = _DEF.match(line, node.col_offset)
    parametrized, requested = [], []
    for decorator in node.decorator_list:
        strings = [*strings_of(decorator)]
        name = dotted(decorator.func).rpartition(".")[2] if isinstance(decorator, ast.Call) else ""
        if name == "parametrize" and isinstance(decorator, ast.Call):
            names = [*decorator.args[:1], *(k.value for k in decorator.keywords if k.arg == "argnames")]
            indirect = any(k.arg == "indirect" for k in decorator.keywords)
            found = [text.strip() for each in names for s in _strings_in(each) for text in s.split(",")]
            parametrized += [] if indirect else found
        elif name == "usefixtures":
            requested += strings
    return Function(
        qualname,
        node.lineno,
        (node.lineno, match.end() if match else -1),
        isinstance(node, ast.AsyncFunctionDef),
        False,
        tuple(argument.arg for argument in arguments_of(node.args)),
        len(node.args.defaults),
        decorators,
        tuple(parametrized),
        tuple(requested),
        *_fixture(node),
    )


def arguments_of(arguments: ast.arguments) -> list[ast.arg]:
    extra = (arguments.vararg, arguments.kwarg)
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *(a for a in extra if a is not None)]


def strings_of(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Call):
        for argument in node.args:
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                yield argument.value


def _strings_in(node: ast.expr) -> Iterator[str]:
    for each in ast.walk(node):
        if isinstance(each, ast.Constant) and isinstance(each.value, str):
            yield each.value


def _fixture(node: Definition) -> tuple[str, str, str, bool, bool]:
    """Return how the fixture decorator is written, and its scope, name, autouse and whether it has `params`."""
    for decorator in node.decorator_list:
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        text = dotted(called)
        if text not in _FIXTURES and not text.endswith(".fixture"):
            continue
        scope, named, autouse, params = "function", "", False, False
        for keyword in decorator.keywords if isinstance(decorator, ast.Call) else ():
            value = keyword.value.value if isinstance(keyword.value, ast.Constant) else "?"
            if keyword.arg == "scope":
                scope = str(value)
            elif keyword.arg == "name":
                named = str(value)
            elif keyword.arg == "autouse":
                autouse = bool(value)
            elif keyword.arg == "params":
                params = True
        return text, scope, named, autouse, params
    return "", "", "", False, False
