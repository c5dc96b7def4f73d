"""Use the right kind of mock for every coroutine function, and for every plain one.

`svc.get.return_value = user` → `svc.get = AsyncMock(return_value=user)`, `svc.get = Mock()` → `AsyncMock()`,
`patch("app.fetch", MagicMock(…))` and `new_callable=MagicMock` likewise; `AsyncMock` → `MagicMock` where the real
function is a plain one.

Why: awaiting what a `Mock` returns is a TypeError, and calling an `AsyncMock` without `await` gives a coroutine that
nobody asked for. Both are among the commonest reasons of red tests.

Left alone: what can't be followed to a definition or to its calls; mocks whose value can be awaited already, that the
test calls without `await`, that nothing awaits, that are used in more than one way, or whose kind a comment explains;
fakes that are `async def`; and `patch("app.fetch")` without an object of its own, which makes an AsyncMock by itself.
No mock gains a `spec`.
"""

from __future__ import annotations

from collections.abc import Mapping

from greenmod.api import Codemod, Decision, Option, Project, Safety, Survey, SurveyedFile

from .deciding import decide
from .rewriting import Rewriting
from .survey.collecting import collect
from .survey.rows import as_data


class MockToAsyncMock(Rewriting, Codemod):
    name = "mock-to-async-mock"
    source = "https://docs.python.org/3/library/unittest.mock.html#unittest.mock.AsyncMock"
    safety = Safety.SAFE
    wants_evidence = True
    wants_objects = True
    options = (Option("every-site", False, "also name the sites that are right or unknown, with the reason"),)
    triggers = ("Mock", "patch", "mocker", "return_value", "side_effect")

    @classmethod
    def survey(cls, file: SurveyedFile) -> Survey:
        return Survey((), as_data(collect(file)))

    @classmethod
    def decide(cls, project: Project, options: Mapping[str, object]) -> Decision:
        return decide(project, options)
