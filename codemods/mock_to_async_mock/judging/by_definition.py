"""What a definition says, confirmed or contradicted by the uses of the thing."""

from __future__ import annotations

from collections.abc import Sequence

from greenmod.api import Calling, Thing, What

from ..following.awaits import Awaits
from ..following.names import COMMON
from ..following.nearness import Nearness
from ..following.role import Role
from ..following.use import How, Use
from ..following.values import Place, Scope
from .by_use import BY_HOW, ByUse, accepts_either, kinds_of, where
from .kinds import NOTHING, Kind, Want

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


class ByDefinition:
    """Answers what things want whose definitions are known."""

    def __init__(self, awaits: Awaits, by_use: ByUse, nearness: Nearness) -> None:
        self.world = awaits.world
        self.uses = by_use.uses
        self.names = by_use.names
        self.awaits = awaits
        self.by_use = by_use
        self.nearness = nearness

    def want(self, place: Place, role: Role, thing: Thing, uses: Sequence[Use]) -> Want:
        """Return what a definition says that a call gives, and whether the uses of it agree."""
        said = f"`{name_of(thing)}` at {self.world.objects.place(thing)}"
        if (either := accepts_either(uses)) is not None:
            return either
        if (thing.calling is Calling.EITHER or thing.decorators) and kinds_of(uses) == {Kind.PLAIN}:
            return Want(Kind.PLAIN, (role.because, *where(uses, Kind.PLAIN)))
        if thing.calling is Calling.EITHER or (thing.calling is Calling.COROUTINE and not thing.is_certain):
            return Want(Kind.DOUBTFUL, (), "returns-either", f"{said} may return a coroutine or a plain value")
        if thing.calling in _EITHER:
            return self.by_use.want(
                role, uses, _EITHER[thing.calling], f"{said} can be awaited, and entered or looped over"
            )
        kind = _BY_CALLING[thing.calling]
        by_use = kinds_of(uses)
        if thing.decorators and kind not in by_use:
            return Want(
                Kind.DOUBTFUL,
                (),
                "returns-either",
                f"{said} is decorated with `@{thing.decorators[0]}`, which may change it",
            )
        if kind is Kind.COROUTINE:
            return self._coroutine(place, role, thing, uses, said)
        if kind is Kind.PLAIN and (found := self._plain(role, thing, uses, said)) is not None:
            return found
        return Want(
            kind,
            (role.because, f"{said} {_described(thing, kind)}", *where(uses, kind)),
            is_sure=bool(by_use) or thing.is_certain,
        )

    def _plain(self, role: Role, thing: Thing, uses: Sequence[Use], said: str) -> Want | None:
        """Return what uses, or implementations, make of a plain function; None where they agree with it."""
        by_use = kinds_of(uses)
        if by_use and by_use < {Kind.CONTEXT, Kind.ITERATOR}:
            return self.by_use.want(role, uses)
        is_open = Kind.COROUTINE in by_use or (not by_use and self._is_abstract(thing))
        if is_open and not role.is_one_of_several and (found := self._implemented(role, thing, uses)):
            return found
        if role.is_one_of_several and Kind.COROUTINE in by_use:
            return Want(Kind.PLAIN, (role.because, f"{said} {_described(thing, Kind.PLAIN)}"))
        if by_use - {Kind.PLAIN}:
            other = next(use for use in uses if use.how in BY_HOW and use.how is not How.PLAIN)
            reason = f"{said} {_described(thing, Kind.PLAIN)}, but {other.place} has it {other.how.value}"
            return Want(Kind.DOUBTFUL, (), "returns-either", reason, leans=BY_HOW[other.how])
        return None

    def _coroutine(self, place: Place, role: Role, thing: Thing, uses: Sequence[Use], said: str) -> Want:
        """Return what a function that gives an awaitable wants, by whether something awaits it."""
        is_async_def = not thing.is_library and self._is_async(thing)
        why = (role.because, f"{said} is `async def`" if is_async_def else f"{said} gives an awaitable")
        hows = {use.how for use in uses}
        if hows & {How.ENTERED, How.ITERATED} and How.AWAITED not in hows:
            use = next(use for use in uses if use.how in (How.ENTERED, How.ITERATED))
            rule = "async-context" if use.how is How.ENTERED else "async-iterator"
            return Want(Kind.DOUBTFUL, (), rule, f"{said} gives a coroutine, but {use.place} has it {use.how.value}")
        # A plain function that gives an awaitable, such as `asyncio.create_task`, may as well be called for its effect.
        may_be_unawaited = not thing.auto_async and not thing.decorators
        if How.AWAITED in hows and not (may_be_unawaited and hows - {How.AWAITED}):
            return Want(
                Kind.COROUTINE,
                (*why, *where(uses, Kind.COROUTINE)),
                handed=next((use.place for use in uses if use.how is How.UNCLEAR), ""),
            )
        return NOTHING if may_be_unawaited else self._awaited_by_name(place, role, thing, why, said)

    def _awaited_by_name(self, place: Place, role: Role, thing: Thing, why: tuple[str, ...], said: str) -> Want:
        """Return what a coroutine function wants of which no use is known, by those of its names."""
        names = [thing.qualname.rpartition(".")[2]]
        if role.view is not None:
            names.append(role.view.steps[-1] if role.view.steps else role.view.name)
        for each in names:
            if handed := self.names.by_reference.get(each):
                reason = f"{said} gives a coroutine, but {handed} hands such a function on without calling it"
                return Want(Kind.DOUBTFUL, why, "never-awaited", reason)
            awaited = [
                (found, self.awaits.is_of(found, thing)) for found in self.nearness.sort(place, self.awaits.of(each))
            ]
            if all(is_it is False for _, is_it in awaited):
                continue
            if not thing.is_library and (odd := self._called_otherwise(each)):
                at = next(found.place for found, is_it in awaited if is_it is not False)
                reason = f"{said} is awaited at {at}, but {odd} calls `{each}` without `await`"
                return Want(Kind.DOUBTFUL, why, "conflicting-evidence", reason)
            # Nothing of a class runs where a mock resembles it.
            shown = (found.place for found, is_it in awaited if is_it and not (role.is_spec and found.is_own))
            at = next(shown, "")
            return Want(Kind.COROUTINE, (*why, f"awaited at {at}") if at else why)
        reason = f"{said} gives a coroutine, but nothing in the project awaits it"
        if others := [found for each in names for found in self.awaits.of(each)]:
            reason = f"{reason}: {others[0].place} awaits `{name_of(others[0].called)}`"
        return Want(Kind.DOUBTFUL, why, "never-awaited", reason)

    def _called_otherwise(self, name: str) -> str:
        """Return where a name that no plain function has is called without `await`: by mistake, or of another type."""
        if name in COMMON or name in self.names.synchronous:
            return ""
        return self.names.first.get((name, How.PLAIN)) or self.names.first.get((name, How.UNCLEAR)) or ""

    def _implemented(self, role: Role, thing: Thing, uses: Sequence[Use]) -> Want | None:
        """Return what the implementations of an abstract method want, that all are of one kind; None for others."""
        owner, _, name = thing.qualname.rpartition(".")
        found = self.uses.overriding(Scope(thing.file, owner), name) if owner and not thing.is_library else ()
        kinds = {body.is_async and not body.is_generator for _, body in found}
        if kinds == {True}:
            scope, body = found[0]
            said = f"`{body.qualname}` at {scope.path}:{body.line}, which implements `{thing.qualname}`, is `async def`"
            return Want(Kind.COROUTINE, (role.because, said, *where(uses, Kind.COROUTINE)))
        if kinds == {True, False} and not kinds_of(uses):
            return NOTHING
        if kinds == {True, False}:
            reason = f"of the implementations of `{thing.qualname}` some are `async def`, others are not"
            return Want(Kind.DOUBTFUL, (), "conflicting-evidence", reason)
        return None

    def _is_async(self, thing: Thing) -> bool:
        body = self.world.body(Scope(thing.file, thing.qualname))
        return body is not None and body.is_async

    def _is_abstract(self, thing: Thing) -> bool:
        body = None if thing.is_library else self.world.body(Scope(thing.file, thing.qualname))
        return body is not None and any(each.endswith("abstractmethod") for each in body.decorators)


def name_of(thing: Thing) -> str:
    """Return how a thing is called in reasons."""
    return thing.qualname or thing.file


def _described(thing: Thing, kind: Kind) -> str:
    if kind is Kind.PLAIN and thing.what is What.INSTANCE:
        return "has a plain `__call__`"
    return {
        Kind.PLAIN: "is a plain function",
        Kind.CONTEXT: "gives an async context manager",
        Kind.ITERATOR: "gives an async iterator",
    }[kind]
