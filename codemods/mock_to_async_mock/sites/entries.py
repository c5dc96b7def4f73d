"""Children that are configured by keys: `**{"m.return_value": …}`."""

from __future__ import annotations

from ..following.values import CALLED, Datum, Place, Scope
from ..judging.current import Current
from ..judging.kinds import Kind
from ..judging.spelling import spell
from ..judging.vetoes import veto
from ..operations import Entry
from ..survey.rows import Body, Call
from .bench import CONFIGS, Bench, Site, names_of


def judge_entries(bench: Bench, scope: Scope, body: Body, place: Place, call: Call) -> None:
    for name, term in call.keywords:
        if name != "**":
            continue
        for value in bench.court.evaluator.values(scope, term):
            if isinstance(value, Datum) and value.scope == scope:
                _judge_literal(bench, scope, body, place, value)


def _judge_literal(bench: Bench, scope: Scope, body: Body, place: Place, value: Datum) -> None:
    literal = bench.court.evaluator.literal(value)
    for key, item, spot in zip(literal.keys, literal.items, literal.places, strict=True) if literal else ():
        path, _, config = key.rpartition(".")
        if config not in CONFIGS or not path or not bench.court.may_matter_by_name(path.rpartition(".")[2]):
            continue
        child = place
        for step in path.split("."):
            child = child.at(step)
        site = Site(scope, spot, f"`{path}`")
        if child.steps[-1] == CALLED or bench.court.currents.of(child, scope, 0) is not Current.PLAIN:
            continue
        want = bench.court.want(child)
        if want.kind is Kind.DOUBTFUL:
            bench.skip(site, want.rule, want.reason)
        if want.kind is not Kind.COROUTINE:
            continue
        if against := veto(bench.court, child, scope, [(scope, item, config != "return_value")], want):
            bench.skip(site, *against)
            continue
        spelled = spell(bench.facts, scope.qualname, "AsyncMock", names_of(body))
        others = [other for other in literal.keys if other != key and other.startswith(f"{path}.")] if literal else []
        if spelled is None or others:
            bench.skip(site, "needs-evidence", f"several entries configure `{path}`")
            continue
        bench.add(site, spot, Entry(spelled.text), f"Make `{path}` an AsyncMock", want.why, spelled.imports)
