"""What a call of the real thing gives, by its definition and by what production code does with the result."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import NamedTuple

from greenmod.api import Calling, Thing, What

from ..following.names import Names
from ..following.role import Role
from ..following.roles import Roles
from ..following.use import How, Use
from ..following.uses import Uses
from ..following.values import CALLED, Place, Scope
from ..following.views import View


class Kind(str, Enum):
    """What a call must give."""

    COROUTINE = "coroutine"
    PLAIN = "plain"
    CONTEXT = "async context manager"
    ITERATOR = "async iterator"
    DOUBTFUL = "doubtful"
    UNKNOWN = "unknown"

    __hash__ = str.__hash__  # that of an Enum takes far longer


class Want(NamedTuple):
    """The kind that a place wants, and the evidence; for a doubtful one the rule and the reason of a skip.

    `is_sure`: a definition says so, or every use of it; `by_use`: nothing but its uses does. Of an unknown kind, a
    reason says what speaks against believing the uses of another role.
    """

    kind: Kind
    why: tuple[str, ...] = ()
    rule: str = ""
    reason: str = ""
    is_sure: bool = False
    by_use: bool = False
    is_scheduled: bool = False
    source: object = None
    leans: Kind = Kind.UNKNOWN
    handed: str = ""


NOTHING = Want(Kind.UNKNOWN)
_BY_HOW = {
    How.AWAITED: Kind.COROUTINE,
    How.PLAIN: Kind.PLAIN,
    How.ENTERED: Kind.CONTEXT,
    How.ITERATED: Kind.ITERATOR,
}
_BY_CALLING = {
    Calling.COROUTINE: Kind.COROUTINE,
    Calling.SYNC: Kind.PLAIN,
    Calling.ASYNC_CONTEXT: Kind.CONTEXT,
    Calling.ASYNC_ITERATOR: Kind.ITERATOR,
}
_EITHER = {
    Calling.AWAITABLE_CONTEXT: (Kind.COROUTINE, Kind.CONTEXT),
    Calling.AWAITABLE_ITERATOR: (Kind.COROUTINE, Kind.ITERATOR),
}
# Names that plain and asynchronous types share: how a project calls its own says nothing of an unknown object.
_COMMON = frozenset(
    [
        "get",
        "set",
        "put",
        "post",
        "patch",
        "delete",
        "close",
        "open",
        "read",
        "write",
        "send",
        "recv",
        "receive",
        "execute",
        "run",
        "start",
        "stop",
        "connect",
        "disconnect",
        "json",
        "text",
        "add",
        "remove",
        "update",
        "pop",
        "push",
        "save",
        "load",
        "list",
        "find",
        "create",
        "fetch",
        "call",
        "invoke",
        "process",
        "handle",
        "submit",
        "wait",
        "join",
        "acquire",
        "release",
        "flush",
        "commit",
        "rollback",
        "refresh",
        "begin",
        "scalar",
        "scalars",
        "all",
        "first",
        "one",
        "keys",
        "values",
        "items",
        "copy",
        "clear",
        "append",
        "extend",
        "publish",
        "subscribe",
        "request",
        "head",
        "options",
        "stream",
        "search",
        "query",
        "ping",
        "info",
        "drain",
        "next",
        "throw",
        "info",
        "__call__",
        "__aenter__",
        "__aexit__",
        "__enter__",
        "__exit__",
        "return_value",
        "side_effect",
    ]
)


class Wants:
    """Answers what kind of call a place of a mock wants."""

    def __init__(self, roles: Roles, uses: Uses, names: Names) -> None:
        self.roles = roles
        self.uses = uses
        self.names = names
        self._seen: dict[View, tuple[Use, ...]] = {}

    def of(self, place: Place) -> Want:
        """Return what a call of `place` must give."""
        return self.combined(self.roles.of(place), place.steps[-1] if place.steps else "")

    def combined(self, roles: Sequence[Role], name: str) -> Want:
        """Return what all roles of a place come to together."""
        several = [role.thing for role in roles if role.is_one_of_several and role.thing is not None]
        if {Calling.COROUTINE, Calling.SYNC} <= {thing.calling for thing in several}:
            said = "; ".join(
                f"`{_name(thing)}` at {self.roles.world.objects.place(thing)} gives a {thing.calling.value} result"
                for thing in several
            )
            return Want(Kind.DOUBTFUL, (), "conflicting-evidence", f"it may be one of several: {said}")
        wants = [self.of_role(role)._replace(source=(role.because, role.view)) for role in roles]
        known = [want for want in wants if want.kind is not Kind.UNKNOWN]
        kinds = {want.kind for want in known}
        if Kind.DOUBTFUL in kinds:
            return next(want for want in known if want.kind is Kind.DOUBTFUL)
        if len(kinds) > 1 and Kind.COROUTINE not in kinds:
            return NOTHING
        if kinds in ({Kind.COROUTINE, Kind.CONTEXT}, {Kind.COROUTINE, Kind.ITERATOR}):
            said = "; ".join(dict.fromkeys(want.why[-1] for want in known))
            rule = "async-context" if Kind.CONTEXT in kinds else "async-iterator"
            return Want(Kind.DOUBTFUL, (), rule, f"it is used in more than one way: {said}")
        if len(kinds) > 1 and len({want.source for want in known}) == 1:
            said = "; ".join(dict.fromkeys(want.why[min(1, len(want.why) - 1)] for want in known))
            return Want(Kind.DOUBTFUL, (), "conflicting-evidence", said)
        if len(kinds) > 1:
            said = "; ".join(dict.fromkeys(want.why[-1] for want in known if want.why))
            return Want(Kind.DOUBTFUL, (), "mixed-uses", f"it is used in more than one way: {said}")
        against = next((want.reason for want in wants if want.kind is Kind.UNKNOWN and want.reason), "")
        if against and all(want.by_use for want in known) and Kind.COROUTINE in kinds:
            return Want(Kind.DOUBTFUL, (), "conflicting-evidence", f"{known[0].why[-1]}, but {against}")
        if known:
            return max(known, key=lambda want: len(want.why))
        return self._by_name(name, roles)

    def of_role(self, role: Role) -> Want:
        """Return what one role wants."""
        uses = self._seen_through(role.view) if role.view is not None else ()
        thing = role.thing
        is_callable = thing is not None and thing.what in (What.FUNCTION, What.INSTANCE)
        if thing is not None and is_callable and thing.calling is not Calling.UNKNOWN:
            return self._by_definition(role, thing, uses)
        if thing is not None and thing.what is What.CLASS:
            return Want(Kind.PLAIN, (role.because, f"`{_name(thing)}` is a class"))
        return self._by_uses(role, uses)

    def _seen_through(self, view: View) -> Sequence[Use]:
        """Return uses, where a plain function that hands back what it gets, and is always awaited, awaits it."""
        if view not in self._seen:
            uses = self.uses.of(view)
            self._seen[view] = tuple(use._replace(how=How.AWAITED) if self._is_awaited(use) else use for use in uses)
        return self._seen[view]

    def _is_awaited(self, use: Use) -> bool:
        owner, _, name = use.function.rpartition(".")
        if use.how is not How.HANDED_BACK:
            return False
        view = View("attribute" if owner else "name", Scope(use.path, owner), name)
        hows = {other.how for other in self.uses.of(view)}
        if not hows and name not in _COMMON and name not in self.names.asynchronous:
            hows = {how for how, count in self.names.uses.get(name, {}).items() if count}
        return How.AWAITED in hows and not hows & {How.PLAIN, How.ENTERED, How.ITERATED, How.HANDED_BACK}

    def _by_definition(self, role: Role, thing: Thing, uses: Sequence[Use]) -> Want:
        hows = {use.how for use in uses}
        said = f"`{_name(thing)}` at {self.roles.world.objects.place(thing)}"
        if How.INSPECTED in hows:
            where = next(use.place for use in uses if use.how is How.INSPECTED)
            return Want(
                Kind.DOUBTFUL, (), "accepts-either", f"{where} asks whether it can be awaited, and takes either"
            )
        if (thing.calling is Calling.EITHER or thing.decorators) and {*_kinds(uses)} == {Kind.PLAIN}:
            return Want(Kind.PLAIN, (role.because, *_where(uses, Kind.PLAIN)))
        if thing.calling is Calling.EITHER or (thing.calling is Calling.COROUTINE and not thing.is_certain):
            return Want(Kind.DOUBTFUL, (), "returns-either", f"{said} may return a coroutine or a plain value")
        if thing.calling in _EITHER:
            return self._by_uses(
                role, uses, _EITHER[thing.calling], f"{said} can be awaited, and entered or looped over"
            )
        kind = _BY_CALLING[thing.calling]
        by_use = _kinds(uses)
        if thing.decorators and kind not in by_use:
            return Want(
                Kind.DOUBTFUL,
                (),
                "returns-either",
                f"{said} is decorated with `@{thing.decorators[0]}`, which may change it",
            )
        if kind is Kind.COROUTINE:
            return self._coroutine(role, thing, uses, said)
        if kind is Kind.PLAIN and by_use and by_use < {Kind.CONTEXT, Kind.ITERATOR}:
            return self._by_uses(role, uses)
        is_open = Kind.COROUTINE in by_use or (not by_use and self._is_abstract(thing))
        if (
            kind is Kind.PLAIN
            and is_open
            and not role.is_one_of_several
            and (found := self._implemented(role, thing, uses))
        ):
            return found
        if kind is Kind.PLAIN and role.is_one_of_several and Kind.COROUTINE in by_use:
            return Want(Kind.PLAIN, (role.because, f"{said} is a plain function"))
        if kind is Kind.PLAIN and by_use - {Kind.PLAIN}:
            other = next(use for use in uses if use.how in _BY_HOW and use.how is not How.PLAIN)
            reason = f"{said} is a plain function, but {other.place} has it {other.how.value}"
            return Want(Kind.DOUBTFUL, (), "returns-either", reason, leans=_BY_HOW[other.how])
        return Want(
            kind,
            (role.because, f"{said} {_described(kind)}", *_where(uses, kind)),
            is_sure=bool(by_use) or thing.is_certain,
        )

    def _coroutine(self, role: Role, thing: Thing, uses: Sequence[Use], said: str) -> Want:
        name = thing.qualname.rpartition(".")[2]
        is_ours = not thing.is_library
        is_async_def = is_ours and self._is_async(thing)
        why = (role.because, f"{said} is `async def`" if is_async_def else f"{said} gives an awaitable")
        hows = {use.how for use in uses}
        if hows & {How.ENTERED, How.ITERATED} and How.AWAITED not in hows:
            use = next(use for use in uses if use.how in (How.ENTERED, How.ITERATED))
            rule = "async-context" if use.how is How.ENTERED else "async-iterator"
            return Want(Kind.DOUBTFUL, (), rule, f"{said} gives a coroutine, but {use.place} has it {use.how.value}")
        if How.AWAITED in hows:
            return Want(
                Kind.COROUTINE,
                (*why, *_where(uses, Kind.COROUTINE)),
                is_scheduled=_are_scheduled(uses),
                handed=next((use.place for use in uses if use.how is How.UNCLEAR), ""),
            )
        if not thing.auto_async and not thing.decorators:
            return NOTHING  # a plain function that gives an awaitable may as well be called for its effect
        names = [name]
        if role.view is not None:
            names.append(role.view.steps[-1] if role.view.steps else role.view.name)
        for each in names:
            if handed := self.names.by_reference.get(each):
                reason = f"{said} gives a coroutine, but {handed} hands such a function on without calling it"
                return Want(Kind.DOUBTFUL, why, "never-awaited", reason)
            if (awaited := self.names.first.get((each, How.AWAITED))) is not None:
                if is_ours and (odd := self._called_otherwise(each)):
                    reason = f"{said} is awaited at {awaited}, but {odd} calls `{each}` without `await`"
                    return Want(Kind.DOUBTFUL, why, "conflicting-evidence", reason)
                return Want(Kind.COROUTINE, (*why, f"awaited at {awaited}"))
        return Want(
            Kind.DOUBTFUL, why, "never-awaited", f"{said} gives a coroutine, but nothing in the project awaits it"
        )

    def _called_otherwise(self, name: str) -> str:
        """Return where a name that no plain function has is called without `await`: by mistake, or of another type."""
        if name in _COMMON or name in self.names.synchronous:
            return ""
        return self.names.first.get((name, How.PLAIN)) or self.names.first.get((name, How.UNCLEAR)) or ""

    def _by_uses(self, role: Role, uses: Sequence[Use], among: Iterable[Kind] = tuple(Kind), said: str = "") -> Want:
        kinds = _kinds(uses)
        inspected = [use for use in uses if use.how is How.INSPECTED]
        attribute = [use for use in uses if use.steps and use.steps[-1] == "await"]
        if attribute:
            return Want(Kind.DOUBTFUL, (), "awaited-attribute", f"{attribute[0].place} awaits it without a call")
        if inspected:
            where = inspected[0].place
            return Want(
                Kind.DOUBTFUL, (), "accepts-either", f"{where} asks whether it can be awaited, and takes either"
            )
        back = next((use for use in uses if use.how is How.HANDED_BACK), None)
        if back is not None and Kind.COROUTINE not in kinds:
            return Want(Kind.UNKNOWN, reason=f"{back.place} hands it back from a plain function")
        unclear = next((use for use in uses if use.how is How.UNCLEAR), None)
        if unclear is not None and kinds == {Kind.COROUTINE}:
            said = f"it is {_where(uses, Kind.COROUTINE)[0]}, but what {unclear.place} does with the result isn't clear"
            return Want(Kind.DOUBTFUL, (), "conflicting-evidence", said)
        if back is not None and kinds == {Kind.COROUTINE}:
            said = f"it is {_where(uses, Kind.COROUTINE)[0]}, but {back.place} hands it back from a plain function"
            return Want(Kind.DOUBTFUL, (), "conflicting-evidence", said)
        if len(kinds) == 1 and (kind := kinds.pop()) in among:
            name = role.view.steps[-1] if role.view is not None and role.view.steps else ""
            if (
                role.view is not None
                and "[]" in role.view.steps
                and kind is Kind.COROUTINE
                and name in self.names.synchronous
            ):
                reason = f"which item of `{role.view.name}` it is isn't known, and `{name}` is a plain function"
                return Want(Kind.DOUBTFUL, (), "conflicting-evidence", f"{reason} at {self.names.synchronous[name]}")
            why = (role.because, *filter(None, (said,)), *_where(uses, kind))
            return Want(kind, why, is_sure=True, by_use=True, is_scheduled=_are_scheduled(uses))
        if Kind.COROUTINE in kinds:
            places = ", ".join(f"{use.how.value} at {use.place}" for use in _one_each(uses))
            return Want(Kind.DOUBTFUL, (), "conflicting-evidence", f"it is {places}")
        return NOTHING

    def _implemented(self, role: Role, thing: Thing, uses: Sequence[Use]) -> Want | None:
        """Return what the implementations of an abstract method want, that all are of one kind; None for others."""
        owner, _, name = thing.qualname.rpartition(".")
        found = self.uses.overriding(Scope(thing.file, owner), name) if owner and not thing.is_library else ()
        kinds = {body.is_async and not body.is_generator for _, body in found}
        if kinds == {True}:
            scope, body = found[0]
            said = f"`{body.qualname}` at {scope.path}:{body.line}, which implements `{thing.qualname}`, is `async def`"
            return Want(Kind.COROUTINE, (role.because, said, *_where(uses, Kind.COROUTINE)))
        if kinds == {True, False} and not _kinds(uses):
            return NOTHING
        if kinds == {True, False}:
            reason = f"of the implementations of `{thing.qualname}` some are `async def`, others are not"
            return Want(Kind.DOUBTFUL, (), "conflicting-evidence", reason)
        return None

    def _is_async(self, thing: Thing) -> bool:
        body = self.roles.world.body(Scope(thing.file, thing.qualname))
        return body is not None and body.is_async

    def _is_abstract(self, thing: Thing) -> bool:
        body = None if thing.is_library else self.roles.world.body(Scope(thing.file, thing.qualname))
        return body is not None and any(each.endswith("abstractmethod") for each in body.decorators)

    def _by_name(self, name: str, roles: Sequence[Role]) -> Want:
        """Return what the project's own definitions and calls of a name say, where all of them say the same."""
        if name == CALLED or any(_is_known(role) for role in roles):
            return NOTHING
        targets = [role for role in roles if role.is_target and role.thing is not None and role.thing.rule]
        if targets and targets[0].thing is not None:
            role = targets[0]
            if role.name and not self.names.may_be_asynchronous(role.name):
                return NOTHING
            return self._unknown(targets[0].thing)
        if not name:
            return NOTHING
        uses = self.names.uses.get(name) or Counter[How]()
        if not uses[How.AWAITED]:
            return NOTHING
        others = (How.PLAIN, How.ENTERED, How.ITERATED, How.INSPECTED, How.HANDED_BACK, How.UNCLEAR)
        if name in self.names.asynchronous and (name in self.names.synchronous or any(uses[how] for how in others)):
            if name in _COMMON:
                return NOTHING
            other = self.names.synchronous.get(name) or next(self.names.first[name, how] for how in others if uses[how])
            reason = f"`{name}` is `async def` at {self.names.asynchronous[name]}, but not at {other}"
            return Want(Kind.DOUBTFUL, (), "conflicting-evidence", reason)
        if any(uses[how] for how in others) or name in self.names.by_reference:
            return NOTHING
        if name in _COMMON or name not in self.names.asynchronous:
            reason = f"every call of `{name}` is awaited, but what has this method here isn't known"
            return NOTHING if roles else Want(Kind.DOUBTFUL, (), "unresolved-target", reason)
        why = (
            f"every `{name}` of the project is `async def`, such as the one at {self.names.asynchronous[name]}",
            f"every call of it is awaited, such as the one at {self.names.first[name, How.AWAITED]}",
        )
        return Want(Kind.COROUTINE, why)

    def _unknown(self, thing: Thing) -> Want:
        return Want(Kind.DOUBTFUL, (), thing.rule, thing.reason)


def _are_scheduled(uses: Sequence[Use]) -> bool:
    return all(use.is_scheduled for use in uses if use.how is How.AWAITED)


def _kinds(uses: Sequence[Use]) -> set[Kind]:
    return {_BY_HOW[use.how] for use in uses if use.how in _BY_HOW and use.steps[-1:] != ("await",)}


def _is_known(role: Role) -> bool:
    return role.thing is not None and role.thing.what is not What.UNKNOWN


def _name(thing: Thing) -> str:
    return thing.qualname or thing.file


def _described(kind: Kind) -> str:
    return {
        Kind.PLAIN: "is a plain function",
        Kind.CONTEXT: "gives an async context manager",
        Kind.ITERATOR: "gives an async iterator",
    }[kind]


def _where(uses: Sequence[Use], kind: Kind) -> tuple[str, ...]:
    """Return where the uses that speak for a kind are: the first of them."""
    found = sorted(use.place for use in uses if _BY_HOW.get(use.how) is kind)
    word = next((how.value for how, each in _BY_HOW.items() if each is kind), "")
    return (f"{word} at {found[0]}",) if found else ()


def _one_each(uses: Sequence[Use]) -> list[Use]:
    found: dict[How, Use] = {}
    for use in uses:
        if use.how in _BY_HOW:
            found.setdefault(use.how, use)
    return [*found.values()]
