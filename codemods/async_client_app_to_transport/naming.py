"""Which of httpx's clients a call names, and what its transport is called there. Decides, and changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, cast

from greenmod.api import Definition, External, ImportFact, Project, Target

from .calls import Site

TRANSPORTS = {
    "httpx.AsyncClient": "ASGITransport",
    "httpx.Client": "WSGITransport",
    "httpx2.AsyncClient": "ASGITransport",
    "httpx2.Client": "WSGITransport",
}
_GONE = {"httpx": "httpx 0.28 removed its `app=`", "httpx2": "httpx2 gives it no `app=`"}
_TELLING = "AsyncClient"  # a call of this name is a candidate whatever it means; `Client` could be anybody's


class Plan(NamedTuple):
    """How an app gets to its client. Without a `module` the transport's name is there already."""

    transport: str
    module: str
    beside: str
    title: str
    why: str


class NamedFile:
    """One file's sites, and what becomes of each: a plan, the rule that forbids one, or nothing for a bystander."""

    def __init__(self, project: Project, path: str, data: object) -> None:
        facts = project.facts(path)
        assert facts is not None, "a surveyed file has facts"
        found = cast("Mapping[str, object]", data)
        self.sites = [Site(*row) for row in cast("list[tuple[int, int, str, str, str, str]]", found["sites"])]
        self._aliases = cast("Mapping[str, str]", found["aliases"])
        self._typing_lines = cast("list[int]", found["typing_lines"])
        self._project = project
        self._path = path
        self._facts = facts
        self._promised: dict[tuple[str, str], str] = {}  # names that earlier plans of this file import

    def outcome(self, site: Site) -> Plan | str | None:
        if site.how == "super":
            owner = Definition(self._path, site.scope.rpartition(".")[0])
            return "subclass" if self._derives_from_client(owner) else None
        targets = self._project.resolve(self._path, site.callee, site.scope)
        clients = _clients(targets)
        # `import httpx` or `import httpx2 as httpx`: whichever it is, it has both names.
        is_one = len(clients) == 1 or ("." in site.callee and clients == self._direct(site))
        if not is_one or len(clients) < len(targets):
            return self._why_not(site, targets) if site.how == "called" else None
        if site.how == "handed":
            return "indirect"
        return site.refusal or self._plan(site, min(clients))

    def _why_not(self, site: Site, targets: frozenset[Target]) -> str | None:
        """Return the rule for a callee that isn't surely a client; None where it surely isn't meant to be one."""
        first, _, rest = site.callee.partition(".")
        bound = self._facts.bindings(first, site.scope)
        imported = any(f"{target}.{rest}".rstrip(".") in TRANSPORTS for target in bound)
        if _clients(targets) or (imported and len(bound) > 1):
            return "ambiguous-name"
        if any(isinstance(target, Definition) and self._derives_from_client(target) for target in targets):
            return "subclass"
        if _clients(self._project.resolve(self._path, self._aliases.get(site.callee, "?"), site.scope)):
            return "indirect"
        if not bound and any(f"{star}.{site.callee}" in TRANSPORTS for star in self._facts.star_imports):
            return "star-import"
        return "not-httpx" if site.callee.rpartition(".")[2] == _TELLING else None

    def _derives_from_client(self, definition: Definition) -> bool:
        return bool(_clients(self._project.ancestors(definition)))

    def _direct(self, site: Site) -> frozenset[str]:
        """Return the clients that the callee names by this file's own imports."""
        return self._facts.qualified_names(site.callee, site.scope) & TRANSPORTS.keys()

    def _plan(self, site: Site, client: str) -> Plan | str:
        module, transport = client.partition(".")[0], TRANSPORTS[client]
        prefix = site.callee.rpartition(".")[0]
        is_direct = bool(self._direct(site))
        title = f"Hand the app to `{site.callee}` through `{transport}`"
        why = f"`{site.callee}` is `{client}`{self._origin(site)}; {_GONE[module]}"
        if prefix and is_direct:
            return Plan(f"{prefix}.{transport}", "", "", title, why)
        imported = self._facts.find_import(site.callee, site.scope) if is_direct else None
        home = imported.scope if imported else ""
        if local := self._local_name(f"{module}.{transport}", site, home):
            return Plan(local, "", "", title, why)
        if self._is_taken(module, transport, site, home):
            return "name-taken"
        return Plan(transport, module, site.callee if is_direct else "", title, why)

    def _origin(self, site: Site) -> str:
        fact = self._facts.find_import(site.callee.partition(".")[0], site.scope)
        return f" ({self._path}:{fact.line})" if fact else ""

    def _local_name(self, wanted: str, site: Site, home: str) -> str | None:
        """Return the name under which `wanted` is imported where the client is, or nearer to the call."""
        for fact in self._facts.imports:
            is_near = home == "" or fact.scope == home or fact.scope.startswith(f"{home}.")
            if is_near and fact.target == wanted and self._is_visible(fact, site):
                return fact.name
        return None

    def _is_visible(self, fact: ImportFact, site: Site) -> bool:
        """Tell whether a name means nothing but this import at the call, and is bound by then."""
        return (
            self._facts.bindings(fact.name, site.scope) == (fact.target,)
            and self._facts.find_import(fact.name, site.scope) == fact
            and fact.line not in self._typing_lines
            and (fact.scope != site.scope or fact.line <= site.line)
        )

    def _is_taken(self, module: str, transport: str, site: Site, home: str) -> bool:
        fact = self._facts.find_import(transport, site.scope)
        is_same = fact is not None and fact.target == f"{module}.{transport}" and self._is_visible(fact, site)
        if self._facts.bindings(transport, site.scope) and not is_same:
            return True
        return self._promised.setdefault((home, transport), module) != module


def _clients(targets: frozenset[Target]) -> frozenset[str]:
    return frozenset(target.name for target in targets if isinstance(target, External)) & TRANSPORTS.keys()
