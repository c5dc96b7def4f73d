"""What the plugin of exchanges writes down, by real tests against real applications in a child process."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

import greenmod.verify

pytest.importorskip("httpx")
pytest.importorskip("starlette")

_PLUGIN = Path(greenmod.verify.__file__).parent / "plugin"
_ENVIRONMENT = ("GREENMOD_", "PYTEST_", "PYTHON")

APP = """\
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, RedirectResponse, StreamingResponse
from starlette.routing import Route, WebSocketRoute

async def say(request):
    return PlainTextResponse(request.url.query, 418 if "tea" in request.url.query else 200)
async def move(request):
    return RedirectResponse("/say?moved", 303)
async def fail(request):
    raise LookupError("no such thing")
async def stream(request):
    return StreamingResponse(iter(["one", "two"]))

app = Starlette(routes=[
    Route("/say", say, methods=["GET", "PUT"]), Route("/move", move, methods=["POST"]),
    Route("/fail", fail), Route("/stream", stream),
])
"""
SYNC = """\
from starlette.testclient import TestClient
from shop import app

client = TestClient(app, raise_server_exceptions={raises})
"""
ASYNC = """\
import anyio
from httpx import ASGITransport, AsyncClient
from shop import app

client = AsyncClient(transport=ASGITransport(app=app), base_url="http://testserver", follow_redirects=True)
"""


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class Said(NamedTuple):
    exchanges: Mapping[str, list[list[object]]]
    clients: Mapping[str, list[str]]
    output: str


Record = Callable[..., Said]


@pytest.fixture
def record(tmp_path: Path) -> Record:
    def record(files: Mapping[str, str], *arguments: str) -> Said:
        for path, text in {"shop.py": APP, **files}.items():
            (tmp_path / path).write_text(text)
        env = {name: value for name, value in os.environ.items() if not name.startswith(_ENVIRONMENT)}
        env |= {"PYTHONPATH": str(_PLUGIN), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        env["GREENMOD_EXCHANGES"] = str(tmp_path / "said.json")
        command = (sys.executable, "-m", "pytest", "-p", "greenmod_exchanges", "-c", os.devnull, "--rootdir=.")
        done = subprocess.run([*command, *arguments], cwd=tmp_path, env=env, capture_output=True, text=True)
        said = json.loads((tmp_path / "said.json").read_text())
        return Said(said["exchanges"], said["clients"], done.stdout)

    return record


def test_writes_what_a_test_asked_and_what_it_was_answered(record: Record) -> None:
    body = """\
def test_a():
    client.get("/say", params={"q": "ä b"})
    client.put("/say?tea", content=b"x")
def test_b(): pass
"""
    said = record({"test_a.py": SYNC.format(raises=True) + body})
    assert said.exchanges == {
        "test_a.py::test_a": [
            ["GET", "/say?q=%C3%A4+b", 200, digest("q=%C3%A4+b")],
            ["PUT", "/say?tea", 418, digest("tea")],
        ]
    }
    assert said.clients == {"test_a.py::test_a": ["TestClient"]}


HOPS = [["POST", "/move", 303, digest("")], ["GET", "/say?moved", 200, digest("moved")]]


def test_writes_every_hop_of_a_redirect(record: Record) -> None:
    sync = SYNC.format(raises=True) + "def test_a(): client.post('/move')\n"
    asynchronous = ASYNC + "def test_a(): anyio.run(client.post, '/move')\n"
    said = record({"test_a.py": sync, "test_b.py": asynchronous})
    assert said.exchanges == {"test_a.py::test_a": HOPS, "test_b.py::test_a": HOPS}
    assert said.clients == {"test_a.py::test_a": ["TestClient"], "test_b.py::test_a": ["AsyncClient"]}


def test_names_the_exception_that_the_application_raised(record: Record) -> None:
    sync = SYNC.format(raises=True) + "def test_a(): client.get('/fail')\n"
    asynchronous = ASYNC + "def test_a(): anyio.run(client.get, '/fail')\n"
    said = record({"test_a.py": sync, "test_b.py": asynchronous})
    row = ["GET", "/fail", "raised LookupError", ""]
    assert said.exchanges == {"test_a.py::test_a": [row], "test_b.py::test_a": [row]}
    assert "2 failed" in said.output


def test_writes_the_status_when_the_client_hides_the_exception(record: Record) -> None:
    said = record({"test_a.py": SYNC.format(raises=False) + "def test_a(): client.get('/fail')\n"})
    assert said.exchanges["test_a.py::test_a"] == [["GET", "/fail", 500, digest("Internal Server Error")]]


def test_leaves_a_streamed_body_to_the_test(record: Record) -> None:
    sync = """\
def test_a():
    with client.stream("GET", "/stream") as response:
        assert "".join(response.iter_text()) == "onetwo"
"""
    asynchronous = """\
async def stream():
    async with client.stream("GET", "/stream") as response:
        assert "".join([text async for text in response.aiter_text()]) == "onetwo"
def test_a():
    anyio.run(stream)
"""
    said = record({"test_a.py": SYNC.format(raises=True) + sync, "test_b.py": ASYNC + asynchronous})
    row = ["GET", "/stream", 200, ""]
    assert said.exchanges == {"test_a.py::test_a": [row], "test_b.py::test_a": [row]}
    assert "2 passed" in said.output


def test_counts_a_fixture_for_the_test_that_it_is_set_up_or_torn_down_for(record: Record) -> None:
    body = """\
import pytest
client.get("/say?import")
@pytest.fixture(scope="module", autouse=True)
def login():
    client.get("/say?in")
    yield
    client.get("/say?out")
def test_a(): pass
def test_b(): client.get("/say?b")
"""
    said = record({"test_a.py": SYNC.format(raises=True) + body})
    assert {test: [row[1] for row in rows] for test, rows in said.exchanges.items()} == {
        "test_a.py::test_a": ["/say?in"],
        "test_a.py::test_b": ["/say?b", "/say?out"],
    }


def test_knows_subclasses_and_leaves_other_transports_alone(record: Record) -> None:
    body = """\
import anyio, httpx
from starlette.testclient import TestClient
from shop import app
class Client(TestClient): pass
class Transport(httpx.ASGITransport): pass
def answer(request): return httpx.Response(200)
def test_a(): Client(app).get("/say")
def test_b(): anyio.run(httpx.AsyncClient(transport=Transport(app), base_url="http://a").get, "/say")
def test_c(): httpx.Client(transport=httpx.MockTransport(answer)).get("http://a/say")
def test_d(): anyio.run(httpx.AsyncClient(transport=httpx.MockTransport(answer)).get, "http://a/say")
"""
    said = record({"test_a.py": body})
    assert said.clients == {"test_a.py::test_a": ["TestClient"], "test_a.py::test_b": ["AsyncClient"]}
    assert "4 passed" in said.output


def test_sees_clients_that_a_test_imports_itself_once_and_again(record: Record) -> None:
    body = """\
import sys
def test_a():
    assert "httpx" not in sys.modules
    from starlette.testclient import TestClient
    from shop import app
    TestClient(app).get("/say")
def test_b():
    for name in [name for name in sys.modules if name.partition(".")[0] in ("httpx", "starlette")]:
        del sys.modules[name]
    from starlette.testclient import TestClient
    from starlette.applications import Starlette
    TestClient(Starlette()).get("/none")
"""
    said = record({"test_a.py": body})
    assert {test: [row[:3] for row in rows] for test, rows in said.exchanges.items()} == {
        "test_a.py::test_a": [["GET", "/say", 200]],
        "test_a.py::test_b": [["GET", "/none", 404]],
    }


def test_imports_nothing_of_its_own(record: Record) -> None:
    body = "import sys\ndef test_a(): assert not {'httpx', 'httpx2', 'starlette', 'greenmod'} & set(sys.modules)\n"
    said = record({"test_a.py": body})
    assert "1 passed" in said.output
    assert said.exchanges == {}


def test_gathers_what_the_workers_of_xdist_wrote_down(record: Record) -> None:
    pytest.importorskip("xdist")
    body = "def test_a(): client.get('/say?a')\ndef test_b(): client.get('/say?b')\n"
    arguments = ("-p", "xdist", "-n2", "--dist=loadfile")
    said = record({"test_a.py": SYNC.format(raises=True) + body, "test_b.py": ASYNC}, *arguments)
    assert {test: [row[1] for row in rows] for test, rows in said.exchanges.items()} == {
        "test_a.py::test_a": ["/say?a"],
        "test_a.py::test_b": ["/say?b"],
    }
