"""The hub: each question is answered once, by the file that knows how, and circles end in doubt."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import TypeVar

from greenmod.facts.objects import calls, described, evaluation, lookup, members, signatures
from greenmod.facts.objects.members import Ancestry
from greenmod.facts.objects.module import Module, Place
from greenmod.facts.objects.modules import Modules
from greenmod.facts.objects.signatures import Signature
from greenmod.facts.objects.thing import Rule, Thing, What, unknown

_DEEP = 60  # questions asked for one another; no code that people wrote needs as many
Answer = TypeVar("Answer")


class Resolver:
    """Answers in terms of plain Things: `calling` and the like are left to whoever shows them."""

    def __init__(self, modules: Modules) -> None:
        self.modules = modules
        self._known: dict[Hashable, object] = {}
        self._open: dict[Hashable, int] = {}
        self._reached = _DEEP  # the outermost open question that one of those inside came back to

    def name(self, place: Place, name: str) -> Thing:
        """Return what a plain name stands for."""
        key = "name", place, name
        in_circle = _endless(name) if place.scope else _circle(name, place.module.file)
        return self._once(key, lambda: lookup.look_up(self, place, name), in_circle)

    def value(self, place: Place, text: str) -> Thing:
        """Return what an expression gives."""
        key = "value", place, text
        return self._once(key, lambda: evaluation.evaluate(self, place, text), _endless(text))

    def kind(self, place: Place, text: str) -> Thing:
        """Return what an annotation names: a CLASS, of which what it describes is an instance."""
        key = "kind", place, text
        return self._once(key, lambda: described.kind(self, place, text), _endless(text))

    def member(self, thing: Thing, name: str) -> Thing:
        """Return an attribute."""
        key = "member", thing, name
        in_circle = _circle(name, thing.file) if thing.what is What.MODULE else _endless(name)
        return self._once(key, lambda: members.member(self, thing, name), in_circle)

    def ancestry(self, thing: Thing) -> Ancestry:
        """Return a class's ancestors, itself first."""
        key = "ancestry", thing
        return self._once(key, lambda: members.ancestry(self, thing), Ancestry((), "its bases go in a circle"))

    def signature(self, thing: Thing) -> Signature:
        """Return how a function can be called."""
        key = "signature", thing
        return self._once(key, lambda: signatures.signature(self, thing), signatures.DOUBT)

    def called(self, thing: Thing) -> Thing:
        """Return what a call gives, nothing awaited."""
        return self._once(("called", thing), lambda: calls.called(self, thing), _endless(thing.qualname))

    def awaited(self, thing: Thing) -> Thing:
        """Return what awaiting an object gives; the object itself where it can't be awaited."""
        return self._once(("awaited", thing), lambda: calls.awaited(self, thing), _endless(thing.qualname))

    def entered(self, thing: Thing) -> Thing:
        """Return what `with … as` or `async with … as` over an object gives."""
        return self._once(("entered", thing), lambda: calls.entered(self, thing), _endless(thing.qualname))

    def type_arguments(self, place: Place) -> Mapping[str, Thing]:
        """Return what type variables stand for at a place."""
        return members.type_arguments(self, place)

    def module_of(self, thing: Thing) -> Module | None:
        return self.modules.of(thing)

    def _once(self, key: Hashable, ask: Callable[[], Answer], in_circle: Answer) -> Answer:
        if key in self._known:
            return self._known[key]  # type: ignore[return-value]
        if key in self._open:
            self._reached = min(self._reached, self._open[key])
            return in_circle
        depth = len(self._open)
        if depth >= _DEEP:
            self._reached = 0  # nothing of this is worth remembering
            return in_circle
        outer, self._reached = self._reached, _DEEP
        self._open[key] = depth
        try:
            answer = ask()
        finally:
            del self._open[key]
            inner, self._reached = self._reached, outer
        if inner >= depth:  # it depends on no question that is still open
            self._known[key] = answer
        else:
            self._reached = min(outer, inner)
        return answer


def _circle(name: str, file: str) -> Thing:
    return unknown(f"the imports of `{name}` go in a circle through {file}", Rule.IMPORT_CYCLE)


def _endless(text: str) -> Thing:
    return unknown(f"what `{text}` is depends on itself")
