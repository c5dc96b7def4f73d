"""What `patch` and `monkeypatch.setattr` are told to put in place: a factory, a class, a lambda."""

from __future__ import annotations

from greenmod.api import What

from ..following.calls import argument, new_of
from ..following.values import Local, Place, Real, Scope
from ..judging.consumers import replaced_consumer
from ..judging.kinds import Kind, Want
from ..judging.plainness import excuse
from ..judging.spelling import home_of, spell
from ..operations import At, Lambda, Value
from ..survey.rows import Body, Call
from .bench import CONFIGS, Bench, Site, names_of
from .futures import judge_argument
from .spots import spot_of


def judge_patch(bench: Bench, scope: Scope, body: Body, call: Call) -> None:
    keywords = dict(call.keywords)
    factory = keywords.get("new_callable", "")
    new = new_of(call) if call.tag != "setattr" else (call.args[-1] if call.args else "")
    if not factory and not new:
        judge_argument(bench, scope, body, call)
    if not factory and (not new or new[:1] in "#"):
        return
    site = Site(scope, call.start, f"`{bench.court.targets.said(scope, call).rpartition('.')[2]}`")
    roles = [*bench.court.roles.target(scope, call)]
    want = bench.court.wants.combined(Place(scope, body.calls.index(call)), roles, "")
    if want.kind is Kind.UNKNOWN:
        bench.leave(site, want, is_right=False)
    elif factory:
        _judge_factory(bench, site, body, call, factory, want)
    elif want.kind is Kind.COROUTINE and new.startswith("\\"):
        _judge_lambda(bench, site, body, call, new, want)
    elif want.kind is Kind.COROUTINE and bench.is_class(scope, new, "AsyncMock"):
        spot = spot_of(call, new)
        bench.add(site, spot, Value(f"{new}()", new), f"Call `{new}`, of which {site.said} is an instance", want.why)
    elif want.kind is Kind.COROUTINE and bench.is_class(scope, new, "MagicMock", "Mock"):
        bench.skip(site, "class-as-mock", f"`{new}` itself takes its place, not an instance of it")


def _judge_factory(bench: Bench, site: Site, body: Body, call: Call, factory: str, want: Want) -> None:
    spot = spot_of(call, factory)
    if factory.startswith("#"):
        made = body.calls[int(factory[1:])]
        if made.tag == "AsyncMock" and not made.args and not made.keywords:
            title = f"Give {site.said} the class, which `new_callable` calls"
            bench.add(site, spot, Value(made.callee, f"{made.callee}()"), title, want.why)
        return
    if want.kind is Kind.DOUBTFUL and bench.is_class(site.scope, factory, "MagicMock", "Mock"):
        bench.skip(site, want.rule, want.reason)
    if want.kind is Kind.COROUTINE and bench.is_class(site.scope, factory, "MagicMock", "Mock", "CoroutineMock"):
        answers = [(site.scope, term, name != "return_value") for name, term in call.keywords if name in CONFIGS]
        if any(bench.court.awaitables.is_awaitable(*each[:2], is_called=each[2]) for each in answers):
            bench.skip(site, "already-awaitable", "what it gives can be awaited already")
            return
        if _is_never_awaited(bench, site, call):
            return
        _change_value(bench, site, spot, body, factory, "AsyncMock", want)
    elif want.kind is Kind.PLAIN and want.is_sure and bench.is_class(site.scope, factory, "AsyncMock"):
        place = Place(site.scope, body.calls.index(call))
        if bench.court.testimony.is_looked_at(place) or bench.court.children(place):
            return
        if against := excuse(bench.court, bench.court.roles.target(site.scope, call)):
            bench.skip(site, *against)
            return
        _change_value(bench, site, spot, body, factory, bench.plain_name(site.scope, body), want)


def _change_value(bench: Bench, site: Site, spot: At, body: Body, old: str, name: str, want: Want) -> None:
    prefix, dot, _ = old.rpartition(".")
    kind = "an AsyncMock" if name == "AsyncMock" else f"a {name}"
    if dot:
        bench.add(site, spot, Value(f"{prefix}.{name}", old), f"Make {site.said} {kind}", want.why)
        return
    spelled = spell(bench.facts, site.scope.qualname, name, names_of(body))
    if spelled is None:
        bench.skip(site, "name-taken", f"`{name}` means something else in this file")
        return
    home = home_of(bench.facts, old, site.scope.qualname)
    drops = (home,) if home is not None and home[0] else ()
    bench.add(site, spot, Value(spelled.text, old), f"Make {site.said} {kind}", want.why, spelled.imports, drops)


def _judge_lambda(bench: Bench, site: Site, body: Body, call: Call, term: str, want: Want) -> None:
    written = body.lambdas[int(term[1:])]
    site = site._replace(at=written.at)
    if bench.court.awaitables.may_be_awaitable(site.scope, written.body):
        bench.skip(site, "already-awaitable", "the lambda returns what a call gives, which may be awaitable")
        return
    if _is_never_awaited(bench, site, call):
        return
    is_result = (
        written.is_constant
        and not written.uses_parameters
        and not any(_is_bound_anew(body, name) for name in written.names)
    )
    if written.uses_parameters and _is_put_on_class(bench, site.scope, call):
        bench.skip(site, "fake-takes-self", "a mock on a class is called without `self`, which the lambda takes")
        return
    spelled = spell(bench.facts, site.scope.qualname, "AsyncMock", names_of(body))
    if spelled is None:
        bench.skip(site, "name-taken", "`AsyncMock` means something else in this file")
        return
    act = Lambda(spelled.text, is_result)
    bench.add(site, written.at, act, f"Make {site.said} an AsyncMock", want.why, spelled.imports)


def _is_never_awaited(bench: Bench, site: Site, call: Call) -> bool:
    """Tell, also in a skip, whether the test replaces what would await the result."""
    uses = bench.court.uses_of(bench.court.roles.target(site.scope, call))
    replaced = replaced_consumer(bench.court, uses, site.scope)
    if replaced:
        bench.skip(site, "never-awaited", f"the test replaces `{replaced}`, which would await it")
    return bool(replaced)


def _is_put_on_class(bench: Bench, scope: Scope, call: Call) -> bool:
    """Tell whether a patch replaces a method of a class, and not of one instance."""
    named = bench.court.targets.named(scope, call)
    if named:
        return bench.court.world.objects.imported(named.rpartition(".")[0], scope.path).what is What.CLASS
    owners = bench.court.evaluator.values(scope, argument(call, 0, "target"))
    return any(
        isinstance(owner, Local) or (isinstance(owner, Real) and owner.thing.what is What.CLASS) for owner in owners
    )


def _is_bound_anew(body: Body, name: str) -> bool:
    """Tell whether a name of a body may stand for more than one thing."""
    term = body.bindings.get(name, "")
    return "|" in term or term == "?"
