"""Answers that differ from run to run, and requests that differ with the company: neither convicts, neither hides."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from greenmod.model import Verdict

if TYPE_CHECKING:
    from tests.verify.conftest import Make, Project

for needed in ("starlette", "httpx"):
    pytest.importorskip(needed)

# A baseline that is run once only, and one that is run twice.
BASELINES = pytest.mark.parametrize("cheap", [0.0, 60.0], ids=["once", "twice"])

APP = """\
import uuid
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.routing import Route

async def token(request):
    return PlainTextResponse(str(uuid.uuid4()))
async def move(request):
    return RedirectResponse("/new")

app = Starlette(routes=[
    Route("/login", token, methods=["POST"]), Route("/old", move), Route("/new", token), Route("/other", token),
])
"""
TESTS = """\
import pytest
from app import app
from starlette.testclient import TestClient

client = TestClient(app)
ok = 400

@pytest.fixture(scope="module")
def token():
    return client.post("/login").text

def test_logs_in(token):
    assert token

def test_follows(token):
    assert client.get("/old", follow_redirects=True).status_code < ok

def test_other(token):
    assert client.get("/other").status_code < ok
"""


@pytest.fixture
def project(make: Make) -> Project:
    return make({"app.py": APP, "test_pages.py": TESTS})


@BASELINES
def test_random_answers_are_noise(project: Project, cheap: float) -> None:
    project.propose("fine", "test_pages.py", '.get("/other")', '.get("/other", headers={})')

    verification = project.verify(cheap=cheap)

    assert verification.verdicts == {"fine": Verdict.PROVEN}
    assert verification.flaky == ()
    assert verification.altered == {}


@BASELINES
def test_convicts_nobody_else_where_a_test_asks_more_when_it_is_alone(project: Project, cheap: float) -> None:
    """Alone, the test that convicts is the one that logs in."""
    project.propose("fine", "test_pages.py", "ok = 400", "ok = 399")
    project.propose("wrong", "test_pages.py", "follow_redirects=True", "follow_redirects=False")
    project.propose("fine too", "test_pages.py", '.get("/other")', '.get("/other", headers={})')

    verification = project.verify(cheap=cheap)

    assert verification.kept == ("fine", "fine too")
    (dropped,) = verification.dropped
    assert (dropped.id, dropped.conviction.test) == ("wrong", "test_pages.py::test_follows")
    assert dropped.conviction.message == (
        "GET /new answered 200, and is no longer requested after GET /old answered 307; 2 requests before, 1 after"
    )
    assert verification.flaky == ()
