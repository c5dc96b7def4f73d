"""The bench at which the sites of one file are judged: what is known, and what comes out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from greenmod.api import SkippedSite

from ..following.values import CALLED, Place, Scope
from ..judging.court import Court
from ..judging.kinds import Kind, Want
from ..judging.needs import Needs
from ..judging.python_floor import old_python
from ..judging.spelling import spell
from ..operations import Act, At, Operation
from ..survey.rows import Body, Call
from .remarks import remark_on

CONFIGS = ("return_value", "side_effect")


class Site(NamedTuple):
    """A place in a file that fixes the kind of a mock. `said` is how it is called in titles."""

    scope: Scope
    at: At
    said: str


class Bench:
    """Takes down what is decided on the sites of one file."""

    def __init__(self, court: Court, needs: Needs, path: str, *, names_all: bool = False) -> None:
        self.court = court
        self.needs = needs
        self.path = path
        self.names_all = names_all
        self.operations: list[Operation] = []
        self.skips: list[SkippedSite] = []
        self.mended: set[Place] = set()
        self.doubted: set[Place] = set()  # what is below them may be mended with them
        facts = court.world.project.facts(path)
        assert facts is not None
        self.facts = facts

    def want(self, place: Place) -> Want:
        """Return what a place must be: as a failing test says, else as the code does."""
        need = self.needs.found.get(place)
        if need is None:
            return self.court.want(place)
        static = self.court.want(place)
        return static if static.kind is need.want.kind else need.want

    def plain_name(self, scope: Scope, body: Body) -> str:
        """Return the plain mock that the file already knows: MagicMock, or Mock if it is the only one."""
        for name in ("MagicMock", "Mock"):
            spelled = spell(self.facts, scope.qualname, name, names_of(body))
            if spelled is not None and not spelled.imports:
                return name
        return "MagicMock"

    def is_class(self, scope: Scope, term: str, *names: str) -> bool:
        """Tell whether a term is a class of mocks itself."""
        if not term or term[:1] in "#=\\?&" or "|" in term:
            return False
        qualified = self.facts.qualified_names(term, scope.qualname)
        known = {f"{module}.{name}" for module in ("unittest.mock", "mock", "asynctest") for name in names}
        return (bool(qualified) and qualified <= known) or (
            term.startswith("mocker.") and term.rpartition(".")[2] in names
        )

    def name_of(self, place: Place, call: Call) -> str:
        names = sorted(name.lstrip("=") for name in self.court.roles.slot_names(place) - {CALLED})
        return f"`{names[0]}`" if names else "the mock"

    def add(
        self,
        site: Site,
        at: At,
        act: Act,
        title: str,
        why: Sequence[str],
        imports: tuple[tuple[str, str, str], ...] = (),
        drops: tuple[tuple[str, str], ...] = (),
        group: str = "",
    ) -> None:
        if site.at[0] in self.court.ignored(self.path):
            return
        project = self.court.world.project
        if "AsyncMock" in title and (floor := old_python(project, self.path)) and not self._is_backport():
            self.skip(site, "old-python", f"{floor}, which has no AsyncMock")
            return
        if remark := self._remark(site, title):
            self.skip(site, "author-comment", f"a comment says why it is what it is: {remark}")
            return
        # A site is reached once for each body of its name.
        operation = Operation(at, act, title, "; ".join(why), imports, drops, group)
        if operation not in self.operations:
            self.operations.append(operation)

    def _remark(self, site: Site, title: str) -> str:
        """Return the comment beside a site that speaks for the kind which the mock has now."""
        if not title.startswith("Make "):
            return ""
        lines = (self.court.world.project.read(self.path) or "").split("\n")
        return remark_on(lines, site.at[0], is_plain=title.endswith(" an AsyncMock"))

    def _is_backport(self) -> bool:
        """Tell whether the file takes its mocks from the backport, which has AsyncMock on any Python."""
        return any(fact.target == "mock" or fact.target.startswith("mock.") for fact in self.facts.imports)

    def skip(self, site: Site, rule: str, reason: str) -> None:
        skip = SkippedSite(self.path, site.at[0], rule, f"{site.said}: {reason}")
        if skip not in self.skips:
            self.skips.append(skip)

    def leave(self, site: Site, want: Want, is_right: bool) -> None:
        """Name a site at which there is nothing to do, where that is asked for."""
        if not self.names_all:
            return
        if want.kind is Kind.UNKNOWN:
            reason = want.reason or "no definition, and no use of it that is alike everywhere, says what it must give"
            self.skip(site, "unknown-kind", reason)
        elif want.kind is Kind.DOUBTFUL:
            self.skip(site, want.rule, want.reason)
        elif is_right:
            self.skip(site, "right-kind", "; ".join(want.why) or want.kind.value)
        else:
            self.skip(site, "unsure-kind", f"{'; '.join(want.why) or want.kind.value}, which is not proof enough")


def names_of(body: Body) -> tuple[str, ...]:
    return tuple(parameter.name for parameter in body.parameters)
