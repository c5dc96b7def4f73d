"""Hand an application to httpx's clients through a transport.

`AsyncClient(app=app)` → `AsyncClient(transport=ASGITransport(app=app))`, and `Client` with `WSGITransport`. Other
arguments stay as they are. The transport is what `app=` used to make, so requests behave as before.

Why: httpx 0.28 removed `app=` (deprecated since 0.27) and httpx2 never had it: the call is a TypeError.

Left alone: clients that have a `transport` already; arguments that arrive through `**` or `partial`; subclasses of
the clients; an app that may be None; names that aren't surely httpx's; places where `ASGITransport` means something
else; files that mention neither `httpx` nor `AsyncClient`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import libcst as cst

from greenmod.api import Codemod, Context, Decision, FilePlan, Project, Safety, SkippedSite, Survey, SurveyedFile

from .calls import Calls
from .naming import NamedFile, Plan

_REASONS = {
    "ambiguous-name": "`{callee}` has more than one meaning here",
    "app-is-none": "the app may be None, which meant the real network; a transport can't do without an app",
    "indirect": "`app=` reaches httpx's client under another name or through another call",
    "name-taken": "the transport's name means something else here",
    "not-httpx": "`{callee}` isn't known to be httpx's",
    "star-import": "`{callee}` comes from a star import",
    "subclass": "a subclass of httpx's client decides itself what `app=` means",
    "transport-present": "the client has a `transport` already, which always won over `app=`",
    "unpacked-keywords": "arguments arrive through `**`",
}


class AsyncClientAppToTransport(Codemod):
    name = "async-client-app-to-transport"
    source = "https://github.com/encode/httpx/blob/master/CHANGELOG.md"
    safety = Safety.SAFE
    triggers = (("httpx", "app"), ("AsyncClient", "app"))
    pattern = r"\bapp\b[\s\\]*[=#]|['\"]app['\"]"

    @classmethod
    def survey(cls, file: SurveyedFile) -> Survey | None:
        if "httpx" not in file.text and "AsyncClient" not in file.text:
            return None
        calls = Calls(file.tree)
        calls.visit(file.tree)
        return Survey(tuple(site.line for site in calls.sites), calls.data()) if calls.sites else None

    @classmethod
    def decide(cls, project: Project, options: Mapping[str, object]) -> Decision:
        files: dict[str, FilePlan] = {}
        skips: list[SkippedSite] = []
        for path, data in project.surveys.items():
            file = NamedFile(project, path, data)
            outcomes = [(site, outcome) for site in file.sites if (outcome := file.outcome(site))]
            plans = {(site.line, site.column): tuple(plan) for site, plan in outcomes if isinstance(plan, Plan)}
            if plans:
                files[path] = FilePlan(tuple(line for line, _ in plans), plans)
            skips += (
                SkippedSite(path, site.line, rule, _REASONS[rule].format(callee=site.callee))
                for site, rule in outcomes
                if isinstance(rule, str)
            )
        return Decision(files, tuple(skips))

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        plans = cast("Mapping[tuple[int, int], tuple[str, str, str | None, str, str]]", self.decision)
        self._waiting = {at: Plan(*plan) for at, plan in plans.items()}

    def leave_Module(self, original_node: cst.Module, updated_node: cst.Module) -> cst.Module:
        assert not self._waiting, f"LibCST has nothing at {sorted(self._waiting)}, where ast has a site"
        return updated_node

    def leave_Arg(self, original_node: cst.Arg, updated_node: cst.Arg) -> cst.Arg:
        keyword = original_node.keyword
        plan = self._waiting.pop(self.position(keyword), None) if keyword and keyword.value == "app" else None
        if plan is None:
            return updated_node
        name = plan.transport.rpartition(".")[2]
        imports = [self.need_import(plan.module, name, beside=plan.beside)] if plan.module else []
        new = _through(plan.transport, updated_node)
        return self.change(original_node, new, plan.title, why=plan.why, imports=imports)


def _through(transport: str, app: cst.Arg) -> cst.Arg:
    """`app = x ,` → `transport=ASGITransport(app = x) ,`"""
    nothing = cst.SimpleWhitespace("")
    inner = app.with_changes(comma=cst.MaybeSentinel.DEFAULT, whitespace_after_arg=nothing)
    return app.with_changes(
        keyword=cst.Name("transport"),
        equal=cst.AssignEqual(whitespace_before=nothing, whitespace_after=nothing),
        value=cst.Call(cst.parse_expression(transport), [inner]),
    )
