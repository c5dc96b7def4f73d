"""A component as operations: what is written at each of its places, file by file.

Raises `spelling.NameTaken` where a name that is needed means something else.
"""

from __future__ import annotations

from ..following.world import Place
from ..judging.components import Analysis, Component
from ..judging.uses import Awaited, Entered
from ..operations import Await, Construct, Delegate, Enter, Listed, Raises, Replace
from ..running.running import Running
from ..survey.rows import Expr
from .annotations import Annotations
from .fidelity import Fidelity
from .functions import Functions
from .sheet import Sheet, Written
from .spelling import NameTaken, Spelling
from .work import gather


class Writer:
    """Writes components, one after the other, so that a file's names are given once."""

    def __init__(self, analysis: Analysis, fidelity: Fidelity, running: Running) -> None:
        self._analysis = analysis
        self._world = analysis.world
        self._fidelity = fidelity
        self._spellings: dict[str, Spelling] = {}
        self._work = gather(analysis)
        self._annotations = Annotations(analysis, self._spelling)
        self._functions = Functions(analysis, running, self._spelling, self._annotations)

    def write(self, component: Component) -> Written:
        """Return a component's operations. Raises NameTaken."""
        sheet = Sheet(component.name)
        work = self._work[self._analysis.clients.links.root(component.places[0])]
        for place in component.constructors:
            self._construct(sheet, place)
        for entered in work.entered:
            self._enter(sheet, entered)
        for awaited in work.awaited:
            self._await(sheet, awaited)
        for listed in work.listed:
            sheet.add(listed.path, self._world.call(*listed).expr.at, Listed())
        for raising in work.raising:
            sheet.add(raising.path, self._world.call(*raising).expr.at, Raises())
        for delegated in work.delegated:
            call = self._world.call(*delegated)
            name = self._free(delegated.path, call.expr, "value", "item")
            sheet.add(delegated.path, call.expr.at, Delegate(name))
        for path, at, text in work.replaced:
            sheet.add(path, at, Replace(text))
        for annotation in work.annotations:
            self._annotations.write(sheet, annotation)
        self._annotations.write_texts(sheet, component.places)
        for case in work.cases:
            self._functions.write_case(sheet, case.path, case.name)
        loop_scope = self._functions.loop_scope(component.functions)
        for place in work.functions:
            self._functions.write(sheet, place, loop_scope)
        for place in component.places:
            self._expect_client(sheet, place)
        return sheet.written()

    def _spelling(self, path: str) -> Spelling:
        if path not in self._spellings:
            self._spellings[path] = Spelling(self._world.files[path].facts, self._fidelity.module(path))
        return self._spellings[path]

    # Clients

    def _construct(self, sheet: Sheet, place: Place) -> None:
        path, call = place.path, self._world.call(place.path, int(place.name))
        expr, spelling = call.expr, self._spelling(path)
        client = spelling.http("AsyncClient", expr.scope, expr.at[0], expr.chain)
        transport = spelling.http("ASGITransport", expr.scope, expr.at[0], expr.chain)
        sheet.packages.add(spelling.http_module)
        is_entered = expr.usage.kind == "entered"
        if is_entered and not expr.usage.detail:
            return  # `with TestClient(app):` asks the lifespan only
        act = Construct(
            client.text,
            transport.text,
            self._fidelity.base_url,
            self._fidelity.user_agent,
            self._fidelity.address,
            f"{self._manager(path, expr)}.app" if is_entered else "",
        )
        drops = spelling.dropped(expr.chain, expr.scope)
        sheet.add(path, expr.at, act, (*client.imports, *transport.imports), drops)

    def _manager(self, path: str, expr: Expr) -> str:
        return self._free(path, expr, "manager", "lifespan_manager")

    def _free(self, path: str, expr: Expr, *names: str) -> str:
        """Return the first of some names that a function neither binds nor uses. Raises NameTaken."""
        rows = self._world.files[path].rows
        used = {
            e.chain.partition(".")[0]
            for e in (*rows.exprs, *(c.expr for c in rows.calls.values()))
            if e.scope == expr.scope
        }
        for name in names:
            if name not in used and self._spelling(path).is_free(name, expr.scope):
                return name
        raise NameTaken(names[0])

    def _enter(self, sheet: Sheet, entered: Entered) -> None:
        path, rows = entered.path, self._world.files[entered.path].rows
        exprs = (*(call.expr for call in rows.calls.values()), *rows.exprs)
        expr = next(e for e in exprs if e.usage.kind == "entered" and e.usage.number == entered.number)
        spelling = self._spelling(path)
        old = expr.chain if entered.is_built else ""
        lifespan = spelling.name("asgi_lifespan", "LifespanManager", "LifespanManager", expr.scope, expr.at[0], old)
        manager = self._manager(path, expr) if entered.is_built and expr.usage.detail else ""
        drops = spelling.dropped(expr.chain, expr.scope) if entered.is_built else ()
        sheet.packages.add("asgi-lifespan")
        sheet.add(
            path, rows.withs[entered.number].at, Enter(lifespan.text, manager, entered.app), lifespan.imports, drops
        )

    def _await(self, sheet: Sheet, awaited: Awaited) -> None:
        expr = self._world.call(*awaited).expr
        callee = f"{expr.chain.rpartition('.')[0]}.aclose" if awaited in self._analysis.uses.closed else ""
        sheet.add(awaited.path, expr.at, Await(not expr.is_bare, callee))
        found = self._world.lookup(awaited.path, expr.scope, expr.chain)
        if found.place.kind == "function" and not found.rest:
            sheet.helpers[awaited.path].append((sheet.group, expr.scope, expr.chain))

    def _expect_client(self, sheet: Sheet, place: Place) -> None:
        if place.kind == "var":
            sheet.clients[place.path].append((sheet.group, place.scope, place.name))
        for occurrence in self._world.occurrences.get(place, ()):
            if place.kind == "attr" or (place.kind == "var" and occurrence.path != place.path):
                chain = occurrence.expr.chain
                name = chain[: len(chain) - len(occurrence.rest) - 1] if occurrence.rest else chain
                sheet.clients[occurrence.path].append((sheet.group, occurrence.expr.scope, name))
