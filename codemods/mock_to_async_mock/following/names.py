"""Production code by nothing but names, for objects that can't be followed."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from ..survey.rows import Body
from .predicates import Predicates
from .use import How, how_of, how_of_call
from .world import World, is_test_file

# Names that plain and asynchronous types share: how a project calls its own says nothing of an unknown object.
COMMON = frozenset(
    {"get", "set", "put", "post", "patch", "delete", "close", "open", "read", "write", "send", "recv", "receive"}
    | {"execute", "run", "start", "stop", "connect", "disconnect", "json", "text", "add", "remove", "update", "pop"}
    | {"push", "save", "load", "list", "find", "create", "fetch", "call", "invoke", "process", "handle", "submit"}
    | {"wait", "join", "acquire", "release", "flush", "commit", "rollback", "refresh", "begin", "scalar", "scalars"}
    | {"all", "first", "one", "keys", "values", "items", "copy", "clear", "append", "extend", "publish", "subscribe"}
    | {"request", "head", "options", "stream", "search", "query", "ping", "info", "drain", "next", "throw"}
    | {"__call__", "__aenter__", "__aexit__", "__enter__", "__exit__", "return_value", "side_effect"}
)


class Names:
    """What is defined under a name, and how calls of a name use the result."""

    def __init__(self, world: World, predicates: Predicates, paths: Sequence[str]) -> None:
        self._world = world
        self._plain_in_tests: dict[str, str | None] = {}
        self.asynchronous: dict[str, str] = {}
        self.synchronous: dict[str, str] = {}
        self.uses: dict[str, Counter[How]] = defaultdict(Counter)
        self.first: dict[tuple[str, How], str] = {}
        self.by_reference: dict[str, str] = {}
        for path in paths:
            rows = world.rows(path)
            for body in rows.bodies if rows else ():
                self._add(path, predicates.noted(path, body))

    def _add(self, path: str, body: Body) -> None:
        if body.kind in ("function", "method"):
            name = body.qualname.rpartition(".")[2]
            (self.asynchronous if body.is_async else self.synchronous).setdefault(name, f"{path}:{body.line}")
        for call in body.calls:
            name = call.callee.rpartition(".")[2]
            how = how_of_call(body, call)
            self.uses[name][how] += 1
            self.first.setdefault((name, how), f"{path}:{call.at[0]}")
            for term in (*call.args, *(term for _, term in call.keywords)):
                if "." in term and "scheduled" not in call.hows:
                    self.by_reference.setdefault(term.rpartition(".")[2], f"{path}:{call.at[0]}")
        for touch in body.touches:
            name = touch.term.rpartition(".")[2]
            how = how_of((touch.how,))
            self.uses[name][how] += 1
            self.first.setdefault((name, how), f"{path}:{touch.line}")

    def find_plain_in_tests(self, name: str) -> str | None:
        """Return where a file of the tests defines a plain function of a name: mocks stand for helpers, too."""
        if name not in self._plain_in_tests:
            self._plain_in_tests[name] = next(self._plain_functions_of_tests(name), None)
        return self._plain_in_tests[name]

    def _plain_functions_of_tests(self, name: str) -> Iterator[str]:
        for path in sorted(self._world.project.mentioning(name)):
            rows = self._world.rows(path) if path.endswith(".py") and is_test_file(path) else None
            for body in rows.bodies if rows else ():
                is_function = body.kind in ("function", "method")
                if is_function and not body.is_async and body.qualname.rpartition(".")[2] == name:
                    yield f"{path}:{body.line}"

    def may_be_asynchronous(self, name: str) -> bool:
        """Tell whether anything of this name is asynchronous anywhere: the cheap question before all others."""
        uses = self.uses.get(name)
        asked = (How.AWAITED, How.ENTERED, How.ITERATED, How.INSPECTED)
        return name in self.asynchronous or (uses is not None and any(uses[how] for how in asked))
