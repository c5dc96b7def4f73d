"""What must be true of a file once it is rewritten, found out from its text alone.

A request that nobody awaits is a coroutine, and that is true: `assert client.get("/")` passes and tests nothing. A test
that pytest does not run passes too. So nothing here trusts what rewrote the file.
"""

from __future__ import annotations

import ast
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterator

from greenmod.api import dotted

from ..operations import Expected

_REQUESTS = frozenset({"get", "options", "head", "post", "put", "patch", "delete", "request", "send", "aclose"})
_GONE = frozenset({"websocket_connect", "app", "app_state", "portal", "__enter__", "__exit__", "close", "stream"})
_SYNC_CASES = frozenset({"TestCase", "SimpleTestCase", "TransactionTestCase", "LiveServerTestCase"})

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_Scope = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_Chain = ast.Name | ast.Attribute
_Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


def check(code: str, expected: Expected) -> list[tuple[str, str]]:
    """Return what is wrong with the result: `(group, words)`, each once. `code` may be a part of a file."""
    groups = sorted({row[0] for row in (*expected.clients, *expected.helpers, *expected.tests)})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # invalid escapes and the like were there before
        try:
            tree = ast.parse(code)
        except (SyntaxError, ValueError) as error:
            return [(group, f"the result is not valid Python: {error}") for group in groups]
        result = _Result(tree)
        found = [*result.clients(expected), *result.helpers(expected), *result.tests(expected)]
        try:
            compile(tree, "<result>", "exec", dont_inherit=True)
        except SyntaxError as error:
            found += [(group, f"the result does not compile: {error}") for group in groups if group not in dict(found)]
    return [*dict.fromkeys(found)]


class _Result:
    """A tree in which one can look up, and what it says of the names in question."""

    def __init__(self, tree: ast.Module) -> None:
        self._above: dict[ast.AST, ast.AST] = {}
        self._scopes: dict[ast.AST, str] = {}
        self._chains: dict[str, list[_Chain]] = defaultdict(list)
        self._definitions: dict[str, list[_Definition]] = defaultdict(list)
        self._yields: list[ast.Yield] = []
        self._bound: dict[tuple[ast.AST, str], bool] = {}
        self._index(tree)

    def clients(self, expected: Expected) -> Iterator[tuple[str, str]]:
        """Yield what becomes of a client that an AsyncClient can't take part in."""
        for group, scope, name in expected.clients:
            for chain in self._meant(name, scope):
                yield from ((group, self._in(chain, words)) for words in self._use(chain, name))

    def helpers(self, expected: Expected) -> Iterator[tuple[str, str]]:
        """Yield the calls of helpers that are not awaited as they should."""
        for group, scope, callee in expected.helpers:
            for chain in self._meant(callee, scope):
                call = self._above[chain]
                if isinstance(call, ast.Call) and call.func is chain:
                    yield from ((group, self._in(chain, words)) for words in self._await_of(call, f"{callee}(…)"))

    def tests(self, expected: Expected) -> Iterator[tuple[str, str]]:
        """Yield the tests that pytest would not run."""
        wanted = Counter(qualname for _, qualname, _ in expected.tests)
        marks = {mark: ast.unparse(ast.parse(mark, mode="eval")) for mark in {row[2] for row in expected.tests} if mark}
        yielding = {self._holder(node) for node in self._yields}
        for group, qualname, mark in expected.tests:
            named = [node for node in self._definitions[qualname] if isinstance(node, _Function)]
            converted = [node for node in named if isinstance(node, ast.AsyncFunctionDef)]
            if not named:
                yield group, f"{qualname}: pytest would no longer find it"
            elif len(converted) < wanted[qualname]:
                yield group, f"{qualname}: it would not be async"
            elif mark and sum(_is_marked(node, marks[mark]) for node in converted) < wanted[qualname]:
                yield group, f"{qualname}: it would lack `@{mark}`"
            if any(node in yielding for node in converted):
                yield group, f"{qualname}: pytest does not run async tests that yield"
            if self._is_sync_case(qualname.rpartition(".")[0], set()):
                yield group, f"{qualname}: a plain TestCase does not run async tests"

    def _index(self, tree: ast.Module) -> None:
        """Note where everything is; without recursion, because a sum may have thousands of terms."""
        waiting: list[tuple[ast.AST, str]] = [(tree, "")]
        while waiting:
            node, scope = waiting.pop()
            inner = scope
            if isinstance(node, _Definition):
                inner = f"{scope}.{node.name}" if scope else node.name
                self._scopes[node] = inner
                self._definitions[inner].append(node)
            elif isinstance(node, _Chain) and (text := dotted(node)):
                self._scopes[node] = scope
                self._chains[text].append(node)
            elif isinstance(node, ast.Yield):
                self._yields.append(node)
            for child in _below(node):
                self._above[child] = node
                is_inside = inner is not scope and isinstance(node, _Definition) and _is_in_body(child, node)
                waiting.append((child, inner if is_inside else scope))

    def _in(self, chain: _Chain, words: str) -> str:
        return f"{self._scopes[chain] or 'module'}: {words}"

    def _around(self, node: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
        """Yield the nodes around one, innermost first, each with the one that leads inside."""
        while (above := self._above.get(node)) is not None:
            yield above, node
            node = above

    def _holder(self, node: ast.AST) -> ast.AST | None:
        """Return the function whose own code a node is."""
        return next((a for a, inside in self._around(node) if isinstance(a, _Scope) and _is_in_body(inside, a)), None)

    def _meant(self, name: str, scope: str) -> Iterator[_Chain]:
        """Yield where a name means what it does in `scope`: there, and in the functions below that don't bind it."""
        for chain in self._chains[name]:
            where = self._scopes[chain]
            if (not scope or where == scope or where.startswith(f"{scope}.")) and not self._is_hidden(
                chain, name, scope
            ):
                yield chain

    def _is_hidden(self, chain: _Chain, name: str, scope: str) -> bool:
        """Tell whether something between `scope` and a name in it gives the name another meaning."""
        if "." in name or self._scopes[chain] == scope == "":
            return False
        for above, inside in self._around(chain):
            if isinstance(above, _Definition) and self._scopes[above] == scope:
                return False
            is_inside = isinstance(above, _Comprehension) or (isinstance(above, _Scope) and _is_in_body(inside, above))
            if is_inside and self._binds(above, name):
                return True
        return False

    def _binds(self, node: ast.AST, name: str) -> bool:
        if (node, name) not in self._bound:
            self._bound[node, name] = _binds(node, name)
        return self._bound[node, name]

    def _use(self, chain: ast.expr, name: str) -> Iterator[str]:
        """Say what is wrong with one use of a client."""
        above = self._above[chain]
        around = self._above.get(above)
        if isinstance(above, ast.Attribute):
            if above.attr in _GONE:
                yield f"an AsyncClient has nothing that does what `{name}.{above.attr}` did"
            elif above.attr in _REQUESTS and isinstance(around, ast.Call) and around.func is above:
                yield from self._await_of(around, f"{name}.{above.attr}(…)")
            elif above.attr in _REQUESTS and isinstance(around, ast.Call | ast.keyword):
                yield f"`{name}.{above.attr}` is handed on to what would not await it"
        elif isinstance(above, ast.withitem) and isinstance(around, ast.With):
            yield f"`with {name}:` would have to be async"
        elif isinstance(around, ast.Call) and around.func is above and _is_getattr(above):
            yield from self._await_of(around, f"getattr({name}, …)(…)")

    def _await_of(self, call: ast.Call, shown: str) -> Iterator[str]:
        """Say that a call is not awaited, or awaited where that does not work."""
        if not isinstance(self._above[call], ast.Await):
            yield f"`{shown}` would not be awaited"
            return
        is_outermost = False  # in what a comprehension goes through first, which is evaluated outside of it
        for above, inside in self._around(call):
            if isinstance(above, ast.comprehension):
                is_outermost = inside is above.iter
            elif isinstance(above, ast.GeneratorExp) and not (is_outermost and inside is above.generators[0]):
                yield f"`{shown}` would be awaited in a generator expression"
            elif isinstance(above, _Scope) and _is_in_body(inside, above):
                if not isinstance(above, ast.AsyncFunctionDef):
                    yield f"`{shown}` would be awaited where nothing is async"
                return

    def _is_sync_case(self, name: str, seen: set[str]) -> bool:
        """Tell whether a class is a plain TestCase, as far as its bases can be seen."""
        if name.rpartition(".")[2] in _SYNC_CASES and name not in self._definitions:
            return True
        bases = [dotted(b) for node in self._definitions[name] if isinstance(node, ast.ClassDef) for b in node.bases]
        return name not in seen and any(self._is_sync_case(base, {*seen, name}) for base in bases)


def _is_in_body(inside: ast.AST, scope: _Scope | ast.ClassDef) -> bool:
    """Tell whether a child of a definition belongs to its body, and not to its defaults, bases and decorators."""
    return inside is scope.body if isinstance(scope, ast.Lambda) else inside in scope.body


def _binds(node: ast.AST, name: str) -> bool:
    """Tell whether a function or comprehension gives a name a meaning of its own."""
    if isinstance(node, _Comprehension):
        return any(_stores(each, name) for generator in node.generators for each in ast.walk(generator.target))
    if not isinstance(node, _Scope):
        return False
    arguments = node.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    if any(each is not None and each.arg == name for each in every):
        return True
    own = [] if isinstance(node, ast.Lambda) else [*_own(node)]
    is_outer = any(isinstance(each, ast.Global | ast.Nonlocal) and name in each.names for each in own)
    return not is_outer and any(_stores(each, name) for each in own)


def _stores(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store)


def _own(function: _Function) -> Iterator[ast.AST]:
    """Yield what is in a function, but not in those inside it."""
    waiting: list[ast.AST] = [*function.body]
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, _Scope | ast.ClassDef):
            waiting += _below(node)


def _below(node: ast.AST) -> list[ast.AST]:
    """Return the children of a node, but for constants: these are most of a file of tests, and nothing is in them."""
    found: list[ast.AST] = []
    for name in node._fields:
        value = getattr(node, name, None)
        if isinstance(value, list):
            found += [each for each in value if isinstance(each, ast.AST) and not isinstance(each, ast.Constant)]
        elif isinstance(value, ast.AST) and not isinstance(value, ast.Constant | ast.expr_context):
            found.append(value)
    return found


def _is_getattr(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and dotted(node.func) == "getattr"


def _is_marked(node: ast.AsyncFunctionDef, mark: str) -> bool:
    return any(ast.unparse(decorator) == mark for decorator in node.decorator_list)
