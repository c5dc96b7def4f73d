"""What the plugin says of requests and statements, by real tests of real applications in a child process."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

import greenmod.verify
from greenmod.verify.outcomes import Exchange, Record
from greenmod.verify.traffic import Mask, Noise, find_altered, find_noise
from greenmod.verify.transcript import read

for needed in ("fastapi", "httpx", "sqlalchemy", "aiosqlite"):
    pytest.importorskip(needed)

_PLUGIN = Path(greenmod.verify.__file__).parent / "plugin"
_ENVIRONMENT = ("GREENMOD_", "PYTEST_", "PYTHON")

APP = """\
import time, uuid
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import PlainTextResponse, RedirectResponse, StreamingResponse
from starlette.routing import Mount, Route, WebSocketRoute

async def say(request):
    return PlainTextResponse(request.url.query)
async def keys(request):
    return PlainTextResponse(" ".join(sorted(request.scope)))
async def move(request):
    return RedirectResponse("/say?moved", 303)
async def fail(request):
    raise LookupError("no such thing")
async def down(request):
    return PlainTextResponse(str(uuid.uuid4()), 503)
async def stream(request):
    return StreamingResponse(iter(["one", "two"]))
async def random(request):
    return PlainTextResponse(str(uuid.uuid4()))
async def clock(request):
    return PlainTextResponse(str(time.time_ns()))
async def echo(socket):
    await socket.accept()
    await socket.send_text("hello")
    await socket.close()
class Forward:
    async def __call__(self, scope, receive, send):
        await scope["app"](dict(scope, path="/say", raw_path=b"/say"), receive, send)

async def through(request, call_next):
    return await call_next(request)

routes = [
    Route("/say", say, methods=["GET", "POST"]), Route("/keys", keys), Route("/move", move), Route("/fail", fail),
    Route("/stream", stream), Route("/down", down), Route("/random", random), Route("/random/{id}", say),
    Route("/clock", clock),
    Route("/forward", Forward()), WebSocketRoute("/echo", echo),
]
sub = Starlette(routes=routes)
app = Starlette(
    routes=[*routes, Mount("/sub", sub)], middleware=[Middleware(BaseHTTPMiddleware, dispatch=through)]
)
api = FastAPI()
@api.get("/item/{id}")
def item(id: int):
    return id
inner = FastAPI()
inner.add_api_route("/item/{id}", item)
api.mount("/inner", inner)
"""
TESTS = """\
import asyncio, threading, uuid
import httpx, pytest
from starlette.testclient import TestClient
from shop import api, app

client = TestClient(app)
client.get("/say?import")
loop = asyncio.new_event_loop()

def asked(application=app, path="/say?a", **options):
    async def ask():
        transport = httpx.ASGITransport(app=application)
        async with httpx.AsyncClient(transport=transport, base_url="http://a", **options) as client:
            return await client.get(path)
    return asyncio.run(ask())

@pytest.fixture
def login():
    client.get("/say?in")
    yield
    client.get("/say?out")

def test_nothing(): pass
def test_fixture(login): client.post("/say?b=%C3%A4%2F")
def test_redirect(): client.get("/move", follow_redirects=True)
def test_fail():
    with pytest.raises(LookupError):
        client.get("/fail")
def test_hidden_failure():
    assert TestClient(app, raise_server_exceptions=False).get("/fail").status_code == 500
def test_down(): client.get("/down")
def test_stream():
    with client.stream("GET", "/stream") as response:
        assert "".join(response.iter_text()) == "onetwo"
def test_mounted(): client.get("/sub/say?x")
def test_forwarded(): client.get("/forward")
def test_async(): asked(path="/move", follow_redirects=True)
def test_unfinished():
    async def wait(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await asyncio.Event().wait()
    async def ask():
        from starlette.applications import Starlette
        from starlette.routing import Route
        class Wait:
            __call__ = staticmethod(wait)
        request = {"type": "http", "method": "GET", "path": "/wait", "headers": []}
        async def send(message): pass
        global waiting
        waiting = asyncio.ensure_future(Starlette(routes=[Route("/wait", Wait())])(request, None, send))
        await asyncio.sleep(0.05)
    loop.run_until_complete(ask())
def test_thread():
    thread = threading.Thread(target=asked)
    thread.start()
    thread.join()
def test_api():
    assert TestClient(api).get("/item/1").json() == 1
    assert TestClient(api).get("/inner/item/2").json() == 2
    assert TestClient(api).get("/item/x").status_code == 422
def test_socket():
    with client.websocket_connect("/echo") as socket:
        assert socket.receive_text() == "hello"
def test_lifespan():
    with TestClient(app): pass
def test_scope():
    said = client.get("/keys").text.split()
    assert not [key for key in said if "greenmod" in key]
def test_client_is_gone():
    async def ask():
        async def receive():
            await asyncio.sleep(0)
            return {"type": "http.request", "body": b"", "more_body": False}
        async def send(message): raise OSError("gone")
        scope = {"type": "http", "method": "GET", "path": "/s y", "query_string": b"", "headers": []}
        await app(scope, receive, send)
    with pytest.raises(Exception):
        asyncio.run(ask())
def test_noise():
    client.get("/say?steady")
    client.get("/random")
    client.get(f"/random/{uuid.uuid4()}")
    client.get("/clock")
"""
LATE = """\
import sys
def test_imported_by_the_test():
    for name in [name for name in sys.modules if name.partition(".")[0] == "starlette"]:
        del sys.modules[name]
    from starlette.applications import Starlette
    from starlette.testclient import TestClient
    TestClient(Starlette()).get("/none")
"""
SQL = """\
import asyncio
from sqlalchemy import create_engine, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import StaticPool

engine = create_engine("sqlite://", poolclass=StaticPool)
ONE = text("select 1")

with engine.connect() as connection:
    connection.execute(ONE)
def test_sync():
    with engine.connect() as connection:
        connection.execute(ONE)
        connection.execute(text("select :a"), {"a": 1})
        connection.execute(text("select :a"), {"a": 2})
def test_options():
    with engine.execution_options(stream_results=True).connect() as connection:
        connection.execute(ONE)
def test_many():
    with engine.begin() as connection:
        connection.exec_driver_sql("create table t (a integer)")
        connection.execute(text("insert into t values (:a)"), [{"a": 1}, {"a": 2}])
def test_async():
    async def run():
        engine = create_async_engine("sqlite+aiosqlite://")
        async with engine.connect() as connection:
            await connection.execute(ONE)
        await engine.dispose()
    asyncio.run(run())
def test_long():
    with engine.connect() as connection:
        connection.execute(text("select 1 -- " + "x" * 3000))
"""
BARE = """\
import sys
def test_a(): assert not {"httpx", "starlette", "fastapi", "sqlalchemy", "greenmod"} & set(sys.modules)
"""


def short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def get(path: str, status: str = "200", body: str | None = None, method: str = "GET") -> Exchange:
    return Exchange(method, path, status, "" if body is None else short(body))


class Said(NamedTuple):
    record: Record
    events: list[Mapping[str, object]]
    output: str


def run(folder: Path, files: Mapping[str, str], *arguments: str) -> Said:
    tree, results = folder / "tree", folder / "results"
    for path, text in {"shop.py": APP, **files}.items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_text(text)
    order = {"results": str(results), "root": str(folder / "original"), "tree": str(tree)}
    (folder / "order").write_text(json.dumps({**order, "changed": [], "only": None, "is_parallel": bool(arguments)}))
    env = {name: value for name, value in os.environ.items() if not name.startswith(_ENVIRONMENT)}
    env |= {"PYTHONPATH": str(_PLUGIN), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "GREENMOD_ORDER": str(folder / "order")}
    command = (sys.executable, "-m", "pytest", "-p", "greenmod_pytest", "-c", os.devnull, "--rootdir=.", *arguments)
    done = subprocess.run(command, cwd=tree, env=env, capture_output=True, text=True)
    lines = results.read_text().splitlines(keepends=True)
    return Said(read(lines), [json.loads(line) for line in lines], done.stdout + done.stderr)


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> Said:
    files = {"test_http.py": TESTS, "test_late.py": LATE, "test_sql.py": SQL}
    return run(tmp_path_factory.mktemp("all"), files, "test_http.py", "test_sql.py", "test_late.py")


HOPS = (get("/move", "303", ""), get("/say?moved", "200", "moved"))


@pytest.mark.parametrize(
    ("test", "rows"),
    [
        (
            "fixture",
            (
                get("/say?in", body="in"),
                get("/say?b=%C3%A4%2F", body="b=%C3%A4%2F", method="POST"),
                get("/say?out", body="out"),
            ),
        ),
        ("redirect", HOPS),
        ("fail", (get("/fail", "raised LookupError"),)),
        ("hidden_failure", (get("/fail", "raised LookupError"),)),
        ("down", (Exchange("GET", "/down", "503", ""),)),
        ("stream", (get("/stream", body="onetwo"),)),
        ("mounted", (get("/sub/say?x", body="x"),)),
        ("forwarded", (get("/forward", body=""),)),
        ("async", HOPS),
        ("thread", (get("/say?a", body="a"),)),
    ],
)
def test_says_what_was_asked_and_answered(said: Said, test: str, rows: tuple[Exchange, ...]) -> None:
    assert said.record.traffic[f"test_http.py::test_{test}"] == rows


def test_all_of_them_pass_with_the_plugin(said: Said) -> None:
    assert "24 passed" in said.output, said.output


def test_sees_applications_of_fastapi_and_mounted_ones_once(said: Said) -> None:
    rows = said.record.traffic["test_http.py::test_api"]
    assert [row[:3] for row in rows] == [
        ("GET", "/item/1", "200"),
        ("GET", "/inner/item/2", "200"),
        ("GET", "/item/x", "422"),
    ]
    assert [row.digest for row in rows[:2]] == [short("1"), short("2")]


@pytest.mark.parametrize("test", ["nothing", "socket", "lifespan"])
def test_says_nothing_without_requests(said: Said, test: str) -> None:
    assert f"test_http.py::test_{test}" not in said.record.traffic


def test_escapes_a_path_that_comes_decoded(said: Said) -> None:
    (row,) = said.record.traffic["test_http.py::test_client_is_gone"]
    assert row.path == "/s%20y"
    assert row.status.startswith("raised ")


def test_says_unfinished_where_the_test_ended_first(said: Said) -> None:
    assert said.record.traffic["test_http.py::test_unfinished"] == (get("/wait", "unfinished"),)


def test_imports_nothing_of_its_own(tmp_path: Path) -> None:
    assert "1 passed" in run(tmp_path, {"test_bare.py": BARE}).output


def test_sees_a_second_import(said: Said) -> None:
    assert said.record.traffic["test_late.py::test_imported_by_the_test"] == (get("/none", "404", "Not Found"),)


ONE, PARAMETER = short("select 1"), short("select ?")


@pytest.mark.parametrize(
    ("test", "statements"),
    [
        ("sync", (ONE, PARAMETER, PARAMETER)),
        ("options", (ONE,)),
        ("many", (short("create table t (a integer)"), short("insert into t values (?)"))),
        ("async", (ONE,)),
    ],
)
def test_says_what_was_sent_to_the_database(said: Said, test: str, statements: tuple[str, ...]) -> None:
    assert said.record.statements[f"test_sql.py::test_{test}"] == statements


def test_says_each_statement_once_and_shortens_it(said: Said) -> None:
    told = [event["digest"] for event in said.events if event["event"] == "statement"]
    assert len(told) == len(set(told)) == 5
    assert said.record.texts[ONE] == "select 1"
    assert said.record.texts[short("select 1 -- " + "x" * 3000)] == "select 1 -- " + "x" * 1988


def test_masks_what_two_equal_runs_disagree_on(said: Said, tmp_path: Path) -> None:
    again = run(tmp_path, {"test_http.py": TESTS}).record
    third = run(tmp_path / "third", {"test_http.py": TESTS.replace("?steady", "?other")}).record
    body = frozenset({"digest"})
    noise = find_noise(said.record, again)
    noisy = "test_http.py::test_noise"
    assert noise == Noise({noisy: Mask((frozenset(), body, frozenset({"path"}), body))})
    (found,) = find_altered(said.record, third, third.traffic, noise)
    assert found.test == noisy
    assert found.message == "GET /say?steady answered 200, now GET /say?other answered 200 in its place"


EARLY = "from shop import app\nfrom starlette.testclient import TestClient\nimport sqlalchemy\n"


def test_sees_applications_that_were_imported_before_it(tmp_path: Path) -> None:
    body = """\
from early import TestClient, app, sqlalchemy
def test_a():
    TestClient(app).get("/say?a")
    with sqlalchemy.create_engine("sqlite://").connect() as connection:
        connection.execute(sqlalchemy.text("select 1"))
"""
    said = run(tmp_path, {"early.py": EARLY, "test_a.py": body}, "-p", "early")
    assert said.record.traffic == {"test_a.py::test_a": (get("/say?a", body="a"),)}
    assert said.record.statements == {"test_a.py::test_a": (ONE,)}


AGAIN = """\
from _pytest.runner import runtestprotocol
def pytest_runtest_protocol(item, nextitem):
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for attempt in range(2):
        item._initrequest()
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    return True
"""


def test_the_last_attempt_of_a_test_counts(tmp_path: Path) -> None:
    body = """\
from starlette.testclient import TestClient
from shop import app
attempts = []
def test_more():
    attempts.append(1)
    TestClient(app).get(f"/say?{len(attempts)}")
def test_less():
    if len(attempts) == 2:
        attempts.append(1)
        TestClient(app).get("/say")
"""
    said = run(tmp_path, {"conftest.py": AGAIN, "test_a.py": body})
    assert said.record.traffic == {"test_a.py::test_more": (get("/say?2", body="2"),), "test_a.py::test_less": ()}


def test_workers_of_xdist_say_what_they_saw_once(tmp_path: Path) -> None:
    pytest.importorskip("xdist")
    body = (
        "from starlette.testclient import TestClient\nfrom shop import app\ndef test_a(): TestClient(app).get('/say')\n"
    )
    said = run(tmp_path, {"test_a.py": body, "test_b.py": body}, "-p", "xdist", "-n2", "--dist=loadfile")
    assert said.record.traffic == {
        "test_a.py::test_a": (get("/say", body=""),),
        "test_b.py::test_a": (get("/say", body=""),),
    }
    assert [event["event"] for event in said.events].count("traffic") == 2
