"""A wrong codemod, by somebody's own hand, over tests too weak to notice: what they asked and were answered tells."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from greenmod import session
from greenmod.apply import Renderer, read_baseline
from greenmod.execute import Orders, Verifying, execute
from greenmod.model import Verdict
from greenmod.verify import Outcome, Suite, Verification, verify

for needed in ("fastapi", "httpx"):
    pytest.importorskip(needed)

CODEMOD = '''\
"""Drop `follow_redirects` from `AsyncClient(...)`, as if it said nothing."""

import libcst as cst

from greenmod.api import Codemod


class DropFollowRedirects(Codemod):
    name = "drop-follow-redirects"
    triggers = ("follow_redirects",)

    def leave_Call(self, original: cst.Call, updated: cst.Call) -> cst.Call:
        if self.qualified_name(original.func) != "httpx.AsyncClient":
            return updated
        args = [arg for arg in updated.args if arg.keyword is None or arg.keyword.value != "follow_redirects"]
        if len(args) == len(updated.args):
            return updated
        args[-1] = args[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
        return self.change(original, updated.with_changes(args=args), "Drop `follow_redirects`")
'''
APP = """\
from fastapi import FastAPI
from fastapi.responses import RedirectResponse

app = FastAPI()

@app.get("/health")
def health():
    return "ok"

@app.get("/items/")
def items():
    return ["book"]

@app.post("/login")
def login():
    return RedirectResponse("/me?fresh=1", 303)

@app.get("/me")
def me(fresh: bool = False):
    return {"name": "reader", "fresh": fresh}
"""
TESTS = """\
import pytest
from app import app
from httpx import ASGITransport, AsyncClient

pytestmark = pytest.mark.anyio

def transport():
    return ASGITransport(app=app)

async def test_lists_items():
    async with AsyncClient(transport=transport(), base_url="http://test", follow_redirects=True) as client:
        response = await client.get("/items")
    assert response.status_code < 400

async def test_logs_in():
    async with AsyncClient(transport=transport(), base_url="http://test", follow_redirects=True) as client:
        response = await client.post("/login")
        assert not response.is_error

async def test_is_healthy():
    async with AsyncClient(transport=transport(), base_url="http://test", follow_redirects=True) as client:
        response = await client.get("/health")
    assert response.status_code < 400

async def test_follows_for_itself():
    async with AsyncClient(transport=transport(), base_url="http://test", follow_redirects=True) as client:
        response = await client.get("/items", follow_redirects=True)
    assert response.status_code < 400
"""
# Each change by the test whose client it touches.
LISTS, LOGS_IN, HEALTHY, FOLLOWS = (
    f"drop-follow-redirects:test_pages.py:{test}:1"
    for test in ("test_lists_items", "test_logs_in", "test_is_healthy", "test_follows_for_itself")
)


class Nobody:
    def tell(self, sentence: str) -> None: ...
    def begin(self, stage: str, total: int | None) -> None: ...
    def advance(self, count: int = 1) -> None: ...


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An application, its tests, and the codemod that its owners wrote and let greenmod load."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p anyio.pytest_plugin")
    for name in ("PYTHONPATH", "VIRTUAL_ENV"):
        monkeypatch.delenv(name, raising=False)
    files = {
        "codemods/drop_follow_redirects.py": CODEMOD,
        "pyproject.toml": '[tool.greenmod]\ncodemods = ["codemods"]\n',
        "app.py": APP,
        "conftest.py": "import pytest\n\n@pytest.fixture\ndef anyio_backend(): return 'asyncio'\n",
        "test_pages.py": TESTS,
    }
    root = tmp_path / "project"
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    monkeypatch.chdir(root)
    return root


def convictions(verification: Verification) -> Mapping[str, tuple[str, Outcome, Outcome, str]]:
    found = {dropped.id: dropped.conviction for dropped in verification.dropped}
    return {id: (one.test, one.before, one.after, one.message) for id, one in found.items()}


def test_drops_what_alters_the_traffic_of_tests_that_pass(project: Path) -> None:
    request = session.Request(select=("drop-follow-redirects",))

    verification = execute(request, Orders(testing=Verifying(Path(sys.executable))), Nobody()).verification

    assert verification is not None
    assert convictions(verification) == {
        LISTS: (
            *("test_pages.py::test_lists_items", Outcome.PASSED, Outcome.ALTERED),
            "GET /items/ answered 200, and is no longer requested after GET /items answered 307; "
            "2 requests before, 1 after",
        ),
        LOGS_IN: (
            *("test_pages.py::test_logs_in", Outcome.PASSED, Outcome.ALTERED),
            "GET /me?fresh=1 answered 200, and is no longer requested after POST /login answered 303; "
            "2 requests before, 1 after",
        ),
    }
    assert verification.verdicts == {
        LISTS: Verdict.BROKEN,
        LOGS_IN: Verdict.BROKEN,
        HEALTHY: Verdict.PROVEN,
        FOLLOWS: Verdict.PROVEN,
    }
    assert {(test.before, test.after) for test in verification.tests.values()} == {(Outcome.PASSED, Outcome.PASSED)}
    assert verification.altered == {}


def test_keeps_it_where_traffic_is_accepted(project: Path) -> None:
    run, plan = session.make_plan(session.Request(select=("drop-follow-redirects",)))
    baselines = {path: read_baseline(run.root, plan, path) for path in plan.paths()}
    suite = Suite(run.root, Path(sys.executable), accepts_traffic=True)

    verification = verify(suite, plan, plan.ids, Renderer(plan, baselines), Nobody())

    assert verification.dropped == ()
    assert set(verification.kept) == {LISTS, LOGS_IN, HEALTHY, FOLLOWS}
    assert verification.altered == {
        "test_pages.py::test_lists_items": (
            "GET /items/ answered 200, and is no longer requested after GET /items answered 307; "
            "2 requests before, 1 after"
        ),
        "test_pages.py::test_logs_in": (
            "GET /me?fresh=1 answered 200, and is no longer requested after POST /login answered 303; "
            "2 requests before, 1 after"
        ),
    }


def test_tells_it_on_the_command_line(project: Path) -> None:
    command = ("run", "--select", "drop-follow-redirects", "--verify", "--write", "--python", sys.executable)

    done = subprocess.run(
        [sys.executable, "-m", "greenmod", *command],
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )

    assert done.returncode == 1
    assert (
        "  test_pages.py::test_lists_items: passed → different traffic\n"
        "    GET /items/ answered 200, and is no longer requested after GET /items answered 307; "
        "2 requests before, 1 after\n"
    ) in done.stderr
    written = (project / "test_pages.py").read_text()
    assert written.count('base_url="http://test", follow_redirects=True)') == 2
    assert written.count('base_url="http://test")') == 2
