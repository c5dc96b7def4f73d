"""Which of httpx's clients a call names, and what its transport is called there. Decides, and changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, cast

from greenmod.api import Definition, External, Namer, Project, Target

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
    """How an app gets to its client. `module` and `beside` are those of a `Naming`."""

    transport: str
    module: str
    beside: str | None
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
        self._project = project
        self._path = path
        self._facts = facts
        self._namer = Namer(facts)

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
        naming = self._namer.find(module, transport, site.callee, site.scope, site.line)
        if naming is None:
            return "name-taken"
        title = f"Hand the app to `{site.callee}` through `{transport}`"
        why = f"`{site.callee}` is `{client}`{self._origin(site)}; {_GONE[module]}"
        return Plan(naming.text, naming.module, naming.beside, title, why)

    def _origin(self, site: Site) -> str:
        fact = self._facts.find_import(site.callee.partition(".")[0], site.scope)
        return f" ({self._path}:{fact.line})" if fact else ""


def _clients(targets: frozenset[Target]) -> frozenset[str]:
    return frozenset(target.name for target in targets if isinstance(target, External)) & TRANSPORTS.keys()
