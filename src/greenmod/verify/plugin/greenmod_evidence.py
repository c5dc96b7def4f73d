"""What each test made the application do: the requests that it answered and the SQL that it sent.

Requests are seen where Starlette's and FastAPI's applications take them in, so that any client counts, on any thread
or event loop; statements where SQLAlchemy's engines, sync or async, hand them to the driver. What is asked or sent
while a test is set up, called or torn down is that test's; what comes outside of all tests is nobody's.

    {"event": "traffic", "id": test, "rows": [[method, path with its query, status, digest], …]}
    {"event": "statements", "id": test, "rows": [digest, …], "arranged": how many of them outside of its call}
    {"event": "statement", "digest": digest, "text": the first 2,000 characters}

Rows come in the order in which the requests began or the statements were sent. A digest is the first 16 hex digits of
the SHA-256 of all of the response's body, or of the statement without its parameters. A status is a number, "raised
NAME" where the application raised (even if something had been answered before), or "unfinished" where the test ended
first; the latter two have no digest, nor has a server error: its body says what failed, in words that nobody relies on.
A test that is run again says so again, and what it said last counts.

Nothing here may be felt by the application. It runs in the project's interpreter: Python 3.8, pytest 6 and the
standard library must do.
"""

from __future__ import annotations

import functools
import hashlib
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from greenmod_watch import watch

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, MutableMapping
    from types import ModuleType

    from greenmod_failures import Failures
    from greenmod_pytest import Log

    Fields = MutableMapping[str, object]
    Receive = Callable[[], Awaitable[Fields]]
    Send = Callable[[Fields], Awaitable[None]]
    Call = Callable[[object, Fields, Receive, Send], Awaitable[None]]

_SERVER_ERROR = 500
_LONGEST_STATEMENT = 2_000
# What a path may hold besides letters and digits without being escaped (RFC 3986).
_SAFE = "/:@!$&'()*+,;=~-._"


class Evidence:
    """Gathers what belongs to the test that runs, and says it when the test ends."""

    def __init__(self, log: Log, failures: Failures | None = None) -> None:
        self._say = log.say
        self._failures = failures
        self._attempt: Attempt | None = None
        self._tests: dict[str, set[str]] = {"traffic": set(), "statements": set()}
        self._statements: set[str] = set()

    def pytest_configure(self) -> None:
        watch("starlette.applications", self._watch_applications)
        watch("sqlalchemy", self._watch_engines)

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_setup(self) -> Iterator[None]:
        self._attempt = Attempt()
        yield

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_call(self) -> Iterator[None]:
        attempt = self._attempt
        begun = len(attempt.statements) if attempt is not None else 0
        yield
        if attempt is not None:
            attempt.called = len(attempt.statements) - begun

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Iterator[None]:
        yield
        attempt, self._attempt = self._attempt, None
        if attempt is not None:
            self._tell(item.nodeid, attempt)

    def _tell(self, test: str, attempt: Attempt) -> None:
        digests = {text: _short(hashlib.sha256(text.encode("utf-8", "replace"))) for text in set(attempt.statements)}
        for text, digest in sorted(digests.items()):
            if digest not in self._statements:
                self._statements.add(digest)
                self._say("statement", digest=digest, text=text[:_LONGEST_STATEMENT])
        self._tell_rows("traffic", test, [exchange.row() for exchange in attempt.exchanges])
        rows: list[object] = [digests[text] for text in attempt.statements if text in digests]
        self._tell_rows("statements", test, rows, arranged=max(0, len(rows) - attempt.called))

    def _tell_rows(self, event: str, test: str, rows: list[object], **more: int) -> None:
        if rows or test in self._tests[event]:  # an earlier attempt may have said more
            self._tests[event].add(test)
            self._say(event, id=test, rows=rows, **more)

    def _watch_applications(self, module: ModuleType) -> None:
        application = getattr(module, "Starlette", None)
        if isinstance(application, type):
            application.__call__ = self._wrap(application.__call__)  # type: ignore[method-assign] # meant

    def _wrap(self, call: Call) -> Call:
        @functools.wraps(call)
        async def __call__(self: object, scope: Fields, receive: Receive, send: Send) -> None:
            attempt = evidence._attempt
            if attempt is None or scope.get("type") != "http" or _is_inside(self, scope):
                return await call(self, scope, receive, send)
            exchange = Exchange(scope)
            attempt.exchanges.append(exchange)
            answer = evidence._failures.answer() if evidence._failures is not None else None

            async def tell(message: Fields) -> None:
                # First, because whoever waits for the answer may end the test as soon as it is there.
                exchange.hear(message)
                if answer is not None:
                    answer.hear(message)
                return await send(message)

            try:
                return await call(self, scope, receive, tell)
            except BaseException as error:
                exchange.fail(error)
                raise

        evidence = self
        return __call__

    def _watch_engines(self, module: ModuleType) -> None:
        module.event.listen(module.engine.Engine, "before_cursor_execute", self._hear_statement)

    def _hear_statement(
        self, connection: object, cursor: object, statement: object, parameters: object, context: object, many: bool
    ) -> None:
        attempt = self._attempt
        if attempt is not None:
            attempt.statements.append(str(statement))  # a driver may take other things, and SQLAlchemy pass them on


class Attempt:
    """What was seen of one run of a test so far. Threads that outlive the test add to what nobody reads any more."""

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []
        self.statements: list[str] = []
        self.called = 0


class Exchange:
    """A request and what became of it so far."""

    __slots__ = ("_body", "_error", "_is_complete", "_status", "method", "path")

    def __init__(self, scope: Fields) -> None:
        self.method = str(scope.get("method", ""))
        self.path = _path(scope)
        self._status: object = ""
        self._error = ""
        self._body = hashlib.sha256()
        self._is_complete = False

    def hear(self, message: Fields) -> None:
        """Take in what the application sends, which need not be what ASGI allows."""
        if not isinstance(message, dict):
            return
        kind = message.get("type")
        if kind == "http.response.start":
            self._status = message.get("status")
        elif kind == "http.response.body":
            body = message.get("body")
            if isinstance(body, (bytes, bytearray, memoryview)):
                self._body.update(body)
            self._is_complete = not message.get("more_body")
        elif kind == "http.response.pathsend":  # the server's extension: a file instead of a body
            self._is_complete = True

    def fail(self, error: BaseException) -> None:
        self._error = type(error).__name__

    def row(self) -> list[object]:
        if self._error:
            return [self.method, self.path, f"raised {self._error}", ""]
        if not self._is_complete:
            return [self.method, self.path, "unfinished", ""]
        status = int(self._status) if isinstance(self._status, int) else str(self._status)
        is_failure = isinstance(status, int) and status >= _SERVER_ERROR
        return [self.method, self.path, status, "" if is_failure else _short(self._body)]


def _is_inside(application: object, scope: Fields) -> bool:
    """Tell whether another application, or this one, took the request in before.

    Starlette notes the first router and the last application in the scope; FastAPI notes itself just before it hands
    over to Starlette.
    """
    return "router" in scope or scope.get("app", application) is not application


def _path(scope: Fields) -> str:
    raw, query = scope.get("raw_path"), scope.get("query_string")
    if isinstance(raw, bytes):  # optional in ASGI, and of old clients with the query
        path = raw.partition(b"?")[0].decode("latin-1")
    else:
        path = quote(str(scope.get("path", "")), safe=_SAFE)
    return f"{path}?{query.decode('latin-1')}" if query and isinstance(query, bytes) else path


def _short(digest: hashlib._Hash) -> str:
    return digest.hexdigest()[:16]
