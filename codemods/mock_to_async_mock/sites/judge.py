"""The sites of one test file, each judged: of the right kind, changed, or left alone with a reason."""

from __future__ import annotations

from ..following.values import Place, Scope
from ..judging.court import Court
from ..judging.needs import Needs
from ..survey.rows import Body, Call
from ..survey.tags import CONSTRUCTORS
from .bench import Bench
from .configurations import judge_configurations
from .constructors import judge_async_constructor, judge_constructor
from .entries import judge_entries
from .lines import insert_line
from .patches import judge_patch

_SYNC = frozenset({"Mock", "MagicMock", "stub"})
_ASYNC = frozenset({"AsyncMock", "CoroutineMock", "async_stub"})


def judge(court: Court, needs: Needs, path: str, *, names_all: bool = False) -> Bench:
    """Judge every site of a file; `names_all` gives those that are right or unknown a reason, too."""
    bench = Bench(court, needs, path, names_all=names_all)
    for qualname in court.world.bodies(path):
        scope = Scope(path, qualname)
        body = court.world.body(scope)
        assert body is not None
        for number, call in enumerate(body.calls):
            _call(bench, scope, body, number, call)
        judge_configurations(bench, scope, body)
    for need in needs.of_file(path):
        if need.place not in bench.mended:
            insert_line(bench, need)
    return bench


def _call(bench: Bench, scope: Scope, body: Body, number: int, call: Call) -> None:
    tag = call.tag.removeprefix("mocker.")
    if tag in _SYNC:
        judge_constructor(bench, scope, body, Place(scope, number), call)
    elif tag in _ASYNC:
        judge_async_constructor(bench, scope, body, Place(scope, number), call)
    elif tag in ("patch", "patch.object", "setattr"):
        judge_patch(bench, scope, body, call)
    if call.tag in CONSTRUCTORS or tag.startswith("patch"):
        judge_entries(bench, scope, body, Place(scope, number), call)
    elif call.callee.endswith(".configure_mock"):
        for place in bench.court.evaluator.places(scope, call.callee.removesuffix(".configure_mock")):
            judge_entries(bench, scope, body, place, call)
