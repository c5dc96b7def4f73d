"""All that is known, asked about one place of a mock at a time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from greenmod.api import Calling, Definition, Objects, Project, What

from ..following.audience import Audience
from ..following.calls import argument, last_words
from ..following.dependencies import Dependencies
from ..following.evaluating import Evaluator
from ..following.names import Names
from ..following.roles import Roles
from ..following.use import How
from ..following.uses import Uses
from ..following.values import CALLED, Local, Place, Real, Scope
from ..following.world import World
from ..operations import At
from ..survey.purposes import RUNNERS, SCHEDULERS
from ..survey.rows import Body, Call
from .awaitables import Awaitables
from .current import Current, Currents
from .kinds import Kind, Want
from .mentions import Mentions, Own
from .wanted import Wants

_DUNDERS = frozenset({"__aenter__", "__aexit__", "__anext__"})
_AWAITS = frozenset({"await_count", "await_args", "await_args_list"})
_OWN = frozenset(
    {"return_value", "side_effect", "mock_calls", "call_args", "call_args_list", "call_count", "called", "method_calls"}
    | {
        "reset_mock",
        "configure_mock",
        "mock_add_spec",
        "attach_mock",
        "__name__",
        "__qualname__",
        "__wrapped__",
        CALLED,
    }
    | _AWAITS
)
_LOOPS = frozenset({"asyncio", "anyio", "trio"})
_CONFIGS = frozenset({"return_value", "side_effect"})
_FLOORS = {
    "pyproject.toml": re.compile(r"""^(?:requires-python|python)\s*=\s*["']([^"']+)["']""", re.MULTILINE),
    "setup.cfg": re.compile(r"^python_requires\s*=\s*(.+)$", re.MULTILINE),
    "setup.py": re.compile(r"""python_requires\s*=\s*["']([^"']+)["']"""),
}
_VERSION = re.compile(r"(?:>=|~=|==|\^|~|>)\s*(\d+)(?:\.(\d+))?")


class Court:
    """The questions that decide on a site."""

    def __init__(self, project: Project, objects: Objects) -> None:
        self.world = World(project, objects)
        self.world.read_production()
        self.evaluator = Evaluator(self.world)
        self.uses = Uses(self.world)
        self.audience = Audience(self.world)
        self.dependencies = Dependencies(self.world)
        self.roles = Roles(self.evaluator, self.audience, self.dependencies)
        self.targets, self.flows = self.roles.targets, self.roles.flows
        self.names = Names(self.world, self.world.production)
        self.wants = Wants(self.world, self.uses, self.names)
        self.currents = Currents(self.evaluator, self.roles)
        self.awaitables = Awaitables(self.evaluator, self.currents, self.names)
        self._mentions: dict[str, Mentions] = {}

    # Cheap questions first.

    def may_matter_by_name(self, name: str) -> bool:
        return name in _DUNDERS or self.names.may_be_asynchronous(name)

    def ignored(self, path: str) -> frozenset[int]:
        rows = self.world.rows(path)
        return frozenset(rows.ignored) if rows else frozenset()

    # What is wanted.

    def want(self, place: Place) -> Want:
        """Return the kind that a place wants, by reality or by what the test itself says of it."""
        slots = self.flows.slot_names(place)
        if slots & _DUNDERS:
            dunder = sorted(slots & _DUNDERS)[0]
            return Want(Kind.COROUTINE, (f"`async with` and `async for` await what `{dunder}` gives",), is_sure=True)
        roles = self.roles.of(place)
        name = place.steps[-1] if place.steps else next(iter(slots)) if len(slots) == 1 else ""
        want = self.wants.combined(roles, name)
        doubtful = want.rule in (
            "unresolved-target",
            "not-installed",
            "star-import",
            "import-cycle",
            "conflicting-evidence",
        )
        if (doubtful or want.kind in (Kind.UNKNOWN, Kind.PLAIN)) and (asserted := self.is_asserted(place)):
            said = f"the test asserts that it is awaited, at {asserted}"
            if want.kind is Kind.PLAIN:
                return Want(Kind.DOUBTFUL, (), "conflicting-evidence", f"{want.why[-1]}, but {said}")
            return Want(Kind.COROUTINE, (said,), is_sure=True)
        if want.rule == "never-awaited":
            return self._awaited_by_tests(place, want)
        return want

    def _awaited_by_tests(self, place: Place, want: Want) -> Want:
        """Return what tests make of a coroutine function that production code never awaits."""
        calls = self.calls(place)
        awaited = next((own for own in calls if own.how is How.AWAITED), None)
        if awaited is not None:
            return Want(Kind.COROUTINE, (*want.why, f"awaited by a test at {awaited.scope.path}:{awaited.line}"))
        calls += self.calls_of_real(place, place.scope)
        if self._is_compared(place, place.scope):
            return Want(Kind.DOUBTFUL, want.why, "sealed", "the test compares what it gives by identity")
        if calls:
            said = f"the test itself calls it without `await` at {calls[0].scope.path}:{calls[0].line}"
            return Want(Kind.DOUBTFUL, want.why, "called-synchronously", said)
        return want

    def is_spec_enough(self, place: Place) -> bool:
        """Tell whether a mock is made to resemble a coroutine function, which makes its calls awaitable."""
        call = self.world.call(place.scope, place.number)
        return any(
            role.thing is not None and role.thing.what is What.FUNCTION and role.thing.auto_async
            for role in self.roles.specified(place.scope, call)
        )

    # What tests do with a mock themselves.

    def mentions(self, path: str) -> Mentions:
        """Return what the tests of a file do with mocks."""
        if path not in self._mentions:
            self._mentions[path] = Mentions(self.evaluator, path)
        return self._mentions[path]

    def _mentions_of(self, place: Place) -> Iterator[Mentions]:
        """Yield what is done with mocks by all tests that know the mock of a place."""
        yield from map(self.mentions, self.audience.files_of(place.origin))

    def calls(self, place: Place) -> list[Own]:
        """Return the calls of a place by all tests that know the mock."""
        return [own for found in self._mentions_of(place) for own in found.calls.get(place, ())]

    def calls_of_real(self, place: Place, scope: Scope) -> list[Own]:
        """Return the calls, by the test itself, of the function that a mock takes the place of."""
        keys = {
            role.thing.key
            for role in self.roles.of(place)
            if role.thing is not None and role.thing.what is What.FUNCTION
        }
        if not keys:
            return []
        real = self.mentions(scope.path).real_calls
        return [own for key in keys for own in real.get(key, ()) if own.scope == scope]

    def is_asserted(self, place: Place) -> str:
        """Return where a test asserts that a place is awaited; empty where none does."""
        paths = self.audience.files_of(place.origin)
        for path in paths:
            if (line := self.mentions(path).asserted.get(place)) is not None:
                return f"{path}:{line}"
        for path in paths:
            if (line := self.mentions(path).counted.get(place)) is not None:
                return f"{path}:{line}"
        return ""

    def awaited_by_test(self, place: Place) -> str:
        """Return where a test awaits a call of a place itself; empty where none does."""
        calls = (*self.calls(place), *self.calls_of_real(place, place.scope))
        return next((f"{own.scope.path}:{own.line}" for own in calls if own.how is How.AWAITED), "")

    def is_awaited_by_test(self, place: Place) -> bool:
        return bool(self.awaited_by_test(place))

    def is_mentioned(self, place: Place, call: Call) -> bool:
        """Tell whether a mock is more than something to fill a parameter: named, configured, or looked at."""
        if set(_CONFIGS) & dict(call.keywords).keys() or self.flows.slot_names(place, with_parameters=False):
            return True
        if any(role.is_target for role in self.roles.of(place)) or self.configured(place, place.scope):
            return True
        return any(
            other.steps[-1:] and other.steps[-1].startswith("assert_")
            for found in self._mentions_of(place)
            for other in found.called.get(place, ())
        )

    def may_be_plain(self, place: Place) -> bool:
        """Tell whether some definition says that a place is a plain function."""
        plain = (Calling.SYNC, Calling.EITHER)
        return any(role.thing is not None and role.thing.calling in plain for role in self.roles.of(place))

    def has_name(self, path: str, module: str, name: str) -> bool:
        """Tell whether a module of the project, under the name that a file has for it, has a mock; others have all."""
        project = self.world.project
        for target in project.resolve(path, module):
            if isinstance(target, Definition) and not target.qualname:
                facts = project.facts(target.path)
                return facts is not None and bool(facts.qualified_names(name))
        return True

    def is_imported_from(self, path: str, name: str) -> bool:
        """Tell whether another test file imports a name from this one."""
        for importer in self.audience.importers.get(path, ()):
            facts = self.world.project.facts(importer)
            for fact in facts.imports if facts else ():
                if fact.name == "*" or fact.target.rpartition(".")[2] == name:
                    return True
        return False

    def first_reference(self, place: Place, scope: Scope) -> int | None:
        """Return when a test first looks at a child: a call of it, or of one of its own methods."""
        mentions = self.mentions(scope.path)
        found = [
            own.seq
            for other in mentions.called.get(place.origin, ())
            if other.steps[: len(place.steps)] == place.steps
            for own in mentions.calls[other]
            if own.scope == scope
        ]
        return min(found, default=None)

    def children(self, place: Place) -> tuple[str, ...]:
        """Return the attributes of a mock that tests or production code use as such."""
        found = set()
        depth = len(place.steps)
        for mentions in self._mentions_of(place):
            for other in (*mentions.stored.get(place.origin, ()), *mentions.called.get(place.origin, ())):
                if len(other.steps) > depth and other.steps[:depth] == place.steps:
                    found.add(other.steps[depth])
        for role in self.roles.of(place):
            if role.view is not None:
                found |= {
                    use.steps[len(role.view.steps)]
                    for use in self.uses.all(role.view)
                    if len(use.steps) > len(role.view.steps)
                    and use.steps[: len(role.view.steps)] == role.view.steps
                    and use.steps[len(role.view.steps)] not in (CALLED, "[]", *_hows())
                }
        return tuple(sorted(name for name in found if name not in _OWN and not name.startswith(("assert_", "__"))))

    def is_answer_configured(self, place: Place) -> bool:
        """Tell whether something below what a mock gives is configured, or used by production code as it is now."""
        below = (*place.steps, CALLED)
        return any(
            len(other.steps) > len(below) and other.steps[: len(below)] == below
            for mentions in self._mentions_of(place)
            for other in mentions.stored.get(place.origin, ())
        )

    def configured(self, place: Place, scope: Scope) -> list[tuple[Scope, str, bool]]:
        """Return what a place is configured to give: scope and term, and whether that is called first."""
        return [
            (where, store.value, name == "side_effect")
            for where in dict.fromkeys((scope, place.scope))
            for name in ("return_value", "side_effect")
            for store in self.evaluator.stores(where).get(place.at(name), ())
        ]

    def is_entered(self, place: Place) -> str:
        """Return where production code enters what a call of a place gives with `async with`, and never with `with`."""
        uses = [use for role in self.roles.of(place) if role.view is not None for use in self.uses.of(role.view)]
        hows = {use.how for use in uses}
        if How.ENTERED not in hows or How.PLAIN in hows:
            return ""
        return next(use.place for use in uses if use.how is How.ENTERED)

    def has_plain_result(self, place: Place) -> bool:
        """Tell whether production code calls methods of what it gets by awaiting a call of a place, without `await`."""
        for role in self.roles.of(place):
            if role.view is None:
                continue
            below = (*role.view.steps, CALLED)
            uses = [
                use
                for use in self.uses.all(role.view)
                if len(use.steps) > len(below) and use.steps[: len(below)] == below
            ]
            if any(use.how in (How.PLAIN, How.UNCLEAR, How.HANDED_BACK) for use in uses):
                return True
        return False

    def is_awaited_twice(self, place: Place) -> bool:
        """Tell whether production code awaits what it gets by awaiting a call of a place."""
        for role in self.roles.of(place):
            answer = self.world.objects.returned(role.thing) if role.thing is not None else None
            if answer is not None and answer.what is What.INSTANCE and answer.auto_async:
                return True
            uses = self.uses.of(role.view.at(CALLED)) if role.view is not None else ()
            if any(use.how is How.AWAITED for use in uses):
                return True
        return False

    def text_at(self, path: str, start: At, end: At) -> str:
        """Return the source text between two positions; columns count UTF-8 bytes."""
        lines = (self.world.project.read(path) or "").encode().split(b"\n")[start[0] - 1 : end[0]]
        lines[-1] = lines[-1][: end[1]]
        lines[0] = lines[0][start[1] :]
        return b"\n".join(lines).decode()

    def leftovers(self, scope: Scope, body: Body, future: str) -> tuple[At, ...]:
        """Return the statements that make a future and give it its result, if nothing else speaks of it."""
        names = [name for name, term in body.bindings.items() if term == future]
        uses = [
            call for call in body.calls if future in _roots((call.callee, *call.args, *dict(call.keywords).values()))
        ]
        stores = [store for store in body.stores if future in _roots((store.base, store.value, store.key))]
        made = body.calls[int(future[1:])]
        handed = [call for call in uses if future in _roots((*call.args, *dict(call.keywords).values()))]
        if (
            len(names) != 1
            or len(uses) - len(handed) != 1
            or len(stores) + len(handed) != 1
            or future in _roots(body.returned)
        ):
            return ()
        result = next(call for call in uses if call not in handed)
        return made.anchor, result.anchor

    # Vetoes.

    def veto(
        self, place: Place, scope: Scope, answers: Sequence[tuple[Scope, str, bool]], want: Want
    ) -> tuple[str, str] | None:
        """Return the rule and the reason why a plain mock must stay what it is; None where it need not."""
        if any(self.awaitables.is_awaitable(where, term, is_called=called) for where, term, called in answers):
            return "already-awaitable", "what it gives can be awaited already"
        if not place.steps and self.currents.of(place, scope, 0) is Current.SEALED:
            return "sealed", "the mock has the attributes that a list names, and is more than a function"
        if self._is_compared(place, scope):
            return "sealed", "the test compares what it gives by identity"
        if not answers and not self.is_looked_at(place):
            if want.handed:
                return (
                    "conflicting-evidence",
                    f"what {want.handed} does with the coroutine isn't clear, and it is not configured",
                )
            if self._runs_no_loop(place, scope):
                return "never-awaited", "it is not configured, and the test runs no event loop"
        if place.origin in self.flows.sealed:
            return "sealed", "the mock is sealed or attached to another"
        if want.is_scheduled and (patched := self.patched_scheduler(scope)):
            return "never-awaited", f"the test patches `{patched}`, which would await it"
        for own in (*self.calls(place), *self.calls_of_real(place, scope)):
            if own.how is not How.AWAITED and (own.scope == scope or place.scope != scope or not place.steps):
                return (
                    "called-synchronously",
                    f"the test itself calls it without `await` at {own.scope.path}:{own.line}",
                )
        return None

    def is_looked_at(self, place: Place) -> bool:
        """Tell whether a test asserts that a place is awaited, or awaits it itself."""
        return bool(self.is_asserted(place) or self.awaited_by_test(place))

    def _runs_no_loop(self, place: Place, scope: Scope) -> bool:
        """Tell whether a plain test puts a mock at an object of its own and calls nothing that runs coroutines."""
        body = self.world.body(scope)
        if body is None or body.is_async or not scope.qualname.rpartition(".")[2].startswith("test"):
            return False
        words = {word for call in body.calls for word in last_words(call)}
        if words & (SCHEDULERS | {"run", "request", "get", "post", "put", "patch", "delete", "websocket_connect"}):
            return False
        return not any(role.is_target for role in self.roles.of(place))

    def patched_scheduler(self, scope: Scope) -> str:
        """Return what a body patches of the functions that run coroutines; empty where it patches none."""
        body = self.world.body(scope)
        for call in body.calls if body else ():
            if call.tag.removeprefix("mocker.") in ("patch", "patch.object", "setattr"):
                said = self.targets.said(scope, call)
                if said.rpartition(".")[2] in SCHEDULERS or said.endswith(RUNNERS):
                    return said
                if said == "run" and argument(call, 0, "target").rpartition(".")[2] in _LOOPS:
                    return said
        return ""

    def _is_compared(self, place: Place, scope: Scope) -> bool:
        body = self.world.body(scope)
        answer = place.at("return_value")
        touched = (touch.term for touch in body.touches if touch.how == "compared") if body else ()
        if any("compared" in own.hows.split(",") for own in self.calls(place)):
            return True
        return any(answer in self.evaluator.places(scope, term) for term in touched)

    def is_put_on_class(self, scope: Scope, call: Call) -> bool:
        """Tell whether a patch replaces a method of a class, and not of one instance."""
        named = self.targets.named(scope, call)
        if named:
            return self.world.objects.imported(named.rpartition(".")[0], scope.path).what is What.CLASS
        owners = self.evaluator.values(scope, argument(call, 0, "target"))
        return any(
            isinstance(owner, Local) or (isinstance(owner, Real) and owner.thing.what is What.CLASS) for owner in owners
        )

    def is_too_old(self, path: str) -> str:
        """Return what the project says of Python where it still supports one without AsyncMock; empty elsewhere."""
        folder = path.rpartition("/")[0]
        while True:
            if (floor := self._floor(folder)) is not None:
                return floor
            if not folder:
                return ""
            folder = folder.rpartition("/")[0]

    def _floor(self, folder: str) -> str | None:
        """Return the setting that allows a Python before 3.8; empty where one does not, None where there is none."""
        for name, pattern in _FLOORS.items():
            text = self.world.project.read(f"{folder}/{name}".lstrip("/"))
            found = pattern.search(text) if text else None
            if found:
                version = _VERSION.search(found[1])
                is_old = version is not None and (int(version[1]), int(version[2] or 0)) < (3, 8)
                return f"{folder}/{name}".lstrip("/") + f" supports Python {found[1]}" if is_old else ""
        return None

    def name_of(self, place: Place, scope: Scope) -> str:
        """Return a name of a body that stands for a mock and nothing else; empty where there is none."""
        body = self.world.body(scope)
        names = [*(each.name for each in body.parameters), *body.bindings] if body else []
        for name in names:
            term = body.bindings.get(name, name) if body else name
            if self.evaluator.values(scope, term) == {place}:
                return name
        return ""

    # Where a line can stand.

    def after_creation(self, place: Place, scope: Scope, body: Body) -> At | None:
        """Return the statement that follows the creation of a mock in a body."""
        made = self.world.call(place.scope, place.number)
        if place.scope != scope or made.where == "d":
            return body.first
        return next((anchor for anchor in body.anchors if anchor > made.anchor), None)


def _roots(terms: Iterable[str]) -> set[str]:
    return {part.partition(".")[0] for term in terms for part in term.split("|")}


def _hows() -> tuple[str, ...]:
    return ("await", "async with", "async for", "inspected", "compared", "scheduled")
