"""Calls that make a mock: `Mock()`, `AsyncMock()`."""

from __future__ import annotations

from greenmod.api import Definition

from ..following.values import Datum, Place, Scope
from ..judging.kinds import Kind, Want
from ..judging.plainness import excuse
from ..judging.spelling import home_of, spell
from ..judging.vetoes import veto
from ..operations import Rename
from ..survey.rows import Body, Call
from .answers import unfit_answer
from .bench import CONFIGS, Bench, Site, names_of

# What gives its result without being awaited, if only for `async with` or `async for`.
_CALLED_PLAINLY = frozenset({Kind.PLAIN, Kind.CONTEXT, Kind.ITERATOR})
_UNDECIDED = frozenset({"accepts-either", "returns-either", "conflicting-evidence"})


def judge_constructor(bench: Bench, scope: Scope, body: Body, place: Place, call: Call) -> None:
    said = bench.name_of(place, call)
    site = Site(scope, call.start, said)
    want = bench.court.want(place)
    if want.kind is Kind.UNKNOWN or not bench.court.testimony.is_mentioned(place, call):
        bench.leave(site, want, is_right=want.kind is not Kind.COROUTINE)
        return
    if want.kind is Kind.DOUBTFUL:
        bench.skip(site, want.rule, want.reason)
        return
    if want.kind is Kind.ITERATOR:
        _report_list(bench, site, call, want)
    if want.kind is not Kind.COROUTINE or bench.court.is_spec_enough(place):
        bench.leave(site, want, is_right=True)
        return
    if against := veto(bench.court, place, scope, _answers(bench, scope, place, call), want):
        bench.skip(site, *against)
        return
    if children := bench.court.children(place):
        reason = f"it also is an object with attributes such as `{children[0]}`, which would change their kind"
        bench.skip(site, "mixed-uses", reason)
        return
    answer = _answer(bench, scope, body, place, call)
    _rename(bench, site, call, body, "AsyncMock", want, answer)


def _report_list(bench: Bench, site: Site, call: Call, want: Want) -> None:
    """Report a list that a mock is told to return where `async for` loops over the result."""
    term = dict(call.keywords).get("return_value", "")
    values = bench.court.evaluator.values(site.scope, term) if term else ()
    literals = [bench.court.evaluator.literal(value) for value in values if isinstance(value, Datum)]
    if any(each is not None and each.kind in ("list", "tuple") for each in literals):
        bench.skip(site, "async-iterator", f"`async for` can't loop over a list: {want.why[-1]}")


def _answer(bench: Bench, scope: Scope, body: Body, place: Place, call: Call) -> str:
    """Return what a call must give that gave a MagicMock before: what `__aexit__` says, or what is configured."""
    if "return_value" in dict(call.keywords):
        return ""
    if bench.court.roles.slot_names(place) & {"__aexit__"}:
        return "None"
    if bench.court.testimony.is_answer_configured(place):
        plain = spell(bench.facts, scope.qualname, "MagicMock", names_of(body))
        return f"{plain.text}()" if plain and not plain.imports else f"{call.callee}()"
    return ""


def _answers(bench: Bench, scope: Scope, place: Place, call: Call) -> list[tuple[Scope, str, bool]]:
    """Return what a mock is told to give: the scope and term, and whether that is called first."""
    keywords = dict(call.keywords)
    found = [(scope, keywords[name], name != "return_value") for name in CONFIGS if name in keywords]
    if "wraps" in keywords:
        found.append((scope, keywords["wraps"], True))
    return [*found, *bench.court.testimony.configured(place, scope)]


def _rename(bench: Bench, site: Site, call: Call, body: Body, name: str, want: Want, answer: str = "") -> None:
    written = call.callee
    imports: tuple[tuple[str, str, str], ...] = ()
    drops: tuple[tuple[str, str], ...] = ()
    text = name
    if "." in written and not _has_name(bench, written.rpartition(".")[0], name):
        bench.skip(site, "name-taken", f"`{written.rpartition('.')[0]}` has no `{name}`")
        return
    if "." not in written or call.tag == "CoroutineMock":
        spelled = spell(bench.facts, site.scope.qualname, name, names_of(body))
        if spelled is None:
            bench.skip(site, "name-taken", f"`{name}` means something else in this file")
            return
        text, imports = spelled.text, spelled.imports
        home = home_of(bench.facts, written, site.scope.qualname)
        drops = (home,) if home is not None and home[0] and not _is_imported_elsewhere(bench, written) else ()
        if "." in written:  # in place of the whole callee
            text, drops = f".{text}", ((written.partition(".")[0], ""),)
    kind = "an AsyncMock" if name == "AsyncMock" else f"a {name}"
    bench.add(site, call.at, Rename(text, answer), f"Make {site.said} {kind}", want.why, imports, drops)


def _has_name(bench: Bench, module: str, name: str) -> bool:
    """Tell whether a module of the project, under the name that the file has for it, has a mock; others have all."""
    project = bench.court.world.project
    for target in project.resolve(bench.path, module):
        if isinstance(target, Definition) and not target.qualname:
            facts = project.facts(target.path)
            return facts is not None and bool(facts.qualified_names(name))
    return True


def _is_imported_elsewhere(bench: Bench, name: str) -> bool:
    """Tell whether another test file imports a name from this one."""
    for importer in bench.court.audience.importers.get(bench.path, ()):
        facts = bench.court.world.project.facts(importer)
        for fact in facts.imports if facts else ():
            if fact.name == "*" or fact.target.rpartition(".")[2] == name:
                return True
    return False


def judge_async_constructor(bench: Bench, scope: Scope, body: Body, place: Place, call: Call) -> None:
    site = Site(scope, call.start, bench.name_of(place, call))
    if call.tag == "CoroutineMock":
        _rename(
            bench, site, call, body, "AsyncMock", Want(Kind.COROUTINE, ("asynctest does not work since Python 3.11",))
        )
        return
    want = bench.court.want(place)
    if (
        want.kind is Kind.DOUBTFUL
        and want.rule in _UNDECIDED
        and want.leans is not Kind.COROUTINE
        and bench.court.may_be_plain(place)
    ):
        bench.skip(site, want.rule, want.reason)
    is_unsure = not want.is_sure or bench.court.children(place) or not bench.court.testimony.is_mentioned(place, call)
    if want.kind not in _CALLED_PLAINLY or is_unsure:
        bench.leave(site, want, is_right=want.kind not in _CALLED_PLAINLY)
        return
    if awaited := bench.court.testimony.asserted_at(place) or bench.court.testimony.awaited_at(place):
        bench.skip(site, "conflicting-evidence", f"{want.why[-1]}, but the test has it awaited at {awaited}")
        return
    if against := excuse(bench.court, bench.court.roles.of(place)):
        bench.skip(site, *against)
        return
    answers = _answers(bench, scope, place, call)
    if unfit := unfit_answer(bench.court, want.kind, answers):
        bench.skip(site, unfit[0], f"{unfit[1]}: {want.why[-1]}")
        return
    if "wraps" in dict(call.keywords) or any(
        bench.court.awaitables.is_awaitable(*each[:2], is_called=each[2]) for each in answers
    ):
        bench.leave(site, want, is_right=False)
        return
    _rename(bench, site, call, body, bench.plain_name(scope, body), want)
