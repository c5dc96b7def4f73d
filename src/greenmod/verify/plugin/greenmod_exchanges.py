"""greenmod's second pytest plugin: writes down what the tests and the application under test said to each other.

Each request of a test that Starlette's `TestClient`, or an `AsyncClient` over `ASGITransport`, carries is one row:
method, path with its query as sent, status (or `raised`, and by which exception it ended) and the SHA-256 of the
body; the hops of a redirect come in order, a streamed response without its body. What a fixture asks for counts for
the test that it is set up or torn down for. At the end of the session the file that `GREENMOD_EXCHANGES` names holds

    {"exchanges": {test id: [[method, path, status, digest], …]}, "clients": {test id: ["TestClient", "AsyncClient"]}}

with the tests that exchanged something, and of the clients those that each used, by first use. Under xdist the workers
hand their part to the process that started them; that of a worker that crashes is lost.

It runs in the project's interpreter, where greenmod is not installed: Python 3.8, pytest 6 and the standard library
must do. It imports neither httpx nor httpx2, but waits for the project to do so: a project without them stays one.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

import pytest
from greenmod_watch import watch

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence
    from types import ModuleType

    Report = dict[str, dict[str, list[object]]]

_MODULES = ("httpx", "httpx2")
_KEY = "greenmod_exchanges"
# A pytest that the tests start themselves inherits the variable, but not this plugin.
_PATH = os.environ["GREENMOD_EXCHANGES"]


def pytest_configure(config: pytest.Config) -> None:
    log = Log()
    clients = Clients(log)
    for name in _MODULES:
        watch(name, clients.wrap)
    config.pluginmanager.register(Recorder(config, log), "greenmod-exchanges")


class URL(Protocol):
    @property
    def raw_path(self) -> bytes: ...


class Request(Protocol):
    method: str
    url: URL


class Response(Protocol):
    status_code: int
    history: Sequence[Response]

    @property
    def request(self) -> Request: ...
    @property
    def content(self) -> bytes: ...


class Log:
    """What was said so far. `test` is the one that runs; what is said outside of all tests is nobody's."""

    def __init__(self) -> None:
        self.test: str | None = None
        self.report: Report = {"exchanges": {}, "clients": {}}

    @contextmanager
    def listening(self, client: object, request: Request, streams: bool) -> Iterator[list[Response]]:
        """Write down the response that is put into the list, or what is raised instead."""
        kind = _kind(client)
        heard: list[Response] = []
        try:
            yield heard
        except BaseException as error:
            self._say(kind, request, f"raised {type(error).__name__}", "")
            raise
        if kind is None:  # whatever it is, it need not be httpx's
            return
        for hop in heard[0].history:
            self._say(kind, hop.request, int(hop.status_code), _digest(hop))
        self._say(kind, heard[0].request, int(heard[0].status_code), "" if streams else _digest(heard[0]))

    def _say(self, kind: str | None, request: Request, status: int | str, digest: str) -> None:
        if kind is None or self.test is None:
            return
        row = [request.method, request.url.raw_path.decode("ascii", "replace"), status, digest]
        self.report["exchanges"].setdefault(self.test, []).append(row)
        clients = self.report["clients"].setdefault(self.test, [])
        if kind not in clients:
            clients.append(kind)

    def add(self, report: Report) -> None:
        """Take in what a worker of xdist wrote down."""
        for section, tests in report.items():
            for test, said in tests.items():
                self.report[section].setdefault(test, []).extend(said)


class Recorder:
    """Says which test runs, and hands in the log at the end."""

    def __init__(self, config: pytest.Config, log: Log) -> None:
        self._config = config
        self._log = log

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self._log.test = item.nodeid
        yield
        self._log.test = None

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: object) -> None:
        self._log.add(getattr(node, "workeroutput", {}).get(_KEY, {}))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        if hasattr(self._config, "workerinput"):
            self._config.workeroutput[_KEY] = self._log.report  # type: ignore[attr-defined] # xdist's
            return
        with open(_PATH, "w", encoding="utf-8") as file:
            json.dump(self._log.report, file, indent=1)


class Clients:
    """Wraps `send` of the clients as soon as their module is there. All other methods of theirs come down to it."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._wrapped: set[type] = set()

    def wrap(self, module: ModuleType) -> None:
        for name, wrap in (("Client", _wrap), ("AsyncClient", _wrap_async)):
            client = getattr(module, name, None)
            if isinstance(client, type) and client not in self._wrapped:  # one module may go by both names
                self._wrapped.add(client)
                client.send = wrap(client.send, self._log)  # type: ignore[attr-defined] # httpx is not imported


def _wrap(send: Callable[..., Response], log: Log) -> Callable[..., Response]:
    @functools.wraps(send)
    def wrapped(client: object, request: Request, *args: object, **options: object) -> Response:
        with log.listening(client, request, bool(options.get("stream"))) as heard:
            heard.append(send(client, request, *args, **options))
        return heard[0]

    return wrapped


def _wrap_async(send: Callable[..., Awaitable[Response]], log: Log) -> Callable[..., Awaitable[Response]]:
    @functools.wraps(send)
    async def wrapped(client: object, request: Request, *args: object, **options: object) -> Response:
        with log.listening(client, request, bool(options.get("stream"))) as heard:
            heard.append(await send(client, request, *args, **options))
        return heard[0]

    return wrapped


def _kind(client: object) -> str | None:
    """Return which of the two a client is, or None if it talks to something else, such as the network."""
    bases = type(client).__mro__
    if any((base.__module__, base.__name__) == ("starlette.testclient", "TestClient") for base in bases):
        return "TestClient"
    transport = type(getattr(client, "_transport", None))
    return "AsyncClient" if any(base.__name__ == "ASGITransport" for base in transport.__mro__) else None


def _digest(response: Response) -> str:
    try:
        return hashlib.sha256(response.content).hexdigest()
    except RuntimeError:  # httpx's ResponseNotRead
        return ""
