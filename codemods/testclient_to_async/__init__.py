"""Send the requests of tests through httpx's `AsyncClient` instead of `TestClient`.

`client.get(…)` → `await client.get(…)`; the tests, fixtures and helpers around become async. The client stays where it
was, and behaves as it did: redirects are followed, the host is `testserver`, and the user agent and address of
`TestClient` are kept where anything in the project could notice. `with TestClient(app)` keeps its lifespan, through
asgi-lifespan's `LifespanManager`.

Why: async tests can share a loop, and so a database session, with the application they test; `TestClient` runs it in a
loop of its own. The rewrite that is usually copied drops redirects, host and lifespan.

Left alone: if one member can't follow, nothing that its client reaches is changed, and each skip names the place that
stands in the way: websockets, streams, calls while a module is imported, clients handed to code that isn't followed,
helpers used as callbacks, `TestCase` subclasses of Django or other libraries, tests that run an event loop or patch
httpx's own client, and more. What only looks like Starlette's client is not touched at all.
"""

from __future__ import annotations

from collections.abc import Mapping

from greenmod.api import Codemod, Decision, Option, Project, Safety, Survey, SurveyedFile

from .deciding import decide
from .rewriting.rewriting import Rewriting
from .survey.collecting import collect
from .survey.rows import as_data


class TestclientToAsync(Rewriting, Codemod):
    name = "testclient-to-async"
    source = "https://fastapi.tiangolo.com/advanced/async-tests/"
    safety = Safety.SAFE
    triggers = ("TestClient",)
    reaches = ("def test",)
    options = (
        Option(
            "fidelity",
            "auto",
            "auto keeps TestClient's user agent and address where the project could notice them, exact everywhere",
            ("auto", "exact"),
        ),
        Option(
            "base-url",
            "http://testserver",
            "the `base_url` of clients that were given none; another host changes cookies and absolute URLs",
        ),
        Option(
            "http-module",
            "auto",
            "the module AsyncClient is imported from; auto: what the project imports or declares, else httpx",
            ("auto", "httpx", "httpx2"),
        ),
        Option("runner", "auto", "auto: the plugin that the project uses, else anyio", ("auto", "anyio", "asyncio")),
    )

    @classmethod
    def survey(cls, file: SurveyedFile) -> Survey:
        rows = collect(file)
        return Survey((), as_data(rows))

    @classmethod
    def decide(cls, project: Project, options: Mapping[str, object]) -> Decision:
        return decide(project, options)
