"""Awaits: on what production code awaits a method, found by the method's name."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from greenmod.api import Definition, Thing, What

from ..survey.rows import Body, Call
from .use import How, chains, how_of_call
from .values import CALLED, ITEM, Scope
from .world import World

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
# What stands in names for nothing in particular.
_EMPTY = frozenset(
    {"self", "cls", "mock", "mocked", "fake", "stub", "dummy", "test", "the", "my", "make", "get", "base"}
)


class Await(NamedTuple):
    """A call by name that production code awaits: `receiver` is what has the method, `words` are those it is named by.

    Of a plain function the receiver is None; `called` is what is called, as far as that is known. `is_own`: a method
    calls another of its own instance.
    """

    path: str
    line: int
    function: str
    receiver: Thing | None
    called: Thing
    words: frozenset[str]
    is_own: bool

    @property
    def place(self) -> str:
        return f"{self.path}:{self.line}"


class Awaits:
    """Answers where a method is awaited, and whether that is the method of a class."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._known: dict[str, tuple[Await, ...]] = {}

    def of(self, name: str) -> tuple[Await, ...]:
        """Return the awaited calls of a name in production code."""
        if name not in self._known:
            calls = self._calls.get(name, ())
            self._known[name] = tuple(found for scope, call in calls for found in self._read(scope, call))
        return self._known[name]

    @cached_property
    def _calls(self) -> Mapping[str, list[tuple[Scope, Call]]]:
        found: dict[str, list[tuple[Scope, Call]]] = defaultdict(list)
        for path in self.world.production:
            for qualname, bodies in self.world.bodies(path).items():
                for call in bodies[-1].calls:
                    if how_of_call(bodies[-1], call) is How.AWAITED:
                        found[call.callee.rpartition(".")[2]].append((Scope(path, qualname), call))
        return found

    def _read(self, scope: Scope, call: Call) -> Iterator[Await]:
        body = self.world.body(scope)
        if body is None:
            return
        for root, steps in chains(body, call.callee):
            thing = self.world.objects.named(scope.path, root.lstrip("&").replace("/", "."), scope.qualname)
            *before, _ = (root, *steps)
            receiver: Thing | None = None
            for step in steps:
                receiver, thing = thing, self._further(thing, step)
            named = next((each for each in reversed(before) if each not in (CALLED, ITEM)), "")
            words = words_of(named, *_variables(body, call))
            if receiver is not None and receiver.what in (What.CLASS, What.INSTANCE):
                words |= words_of(receiver.qualname)
            is_own = root in ("self", "cls") and len(steps) == 1
            yield Await(scope.path, call.at[0], scope.qualname, receiver, thing, words, is_own)

    def _further(self, thing: Thing, step: str) -> Thing:
        if step == ITEM:
            return Thing(What.UNKNOWN)
        return self.world.objects.returned(thing) if step == CALLED else self.world.objects.member(thing, step)

    def is_of(self, awaited: Await, thing: Thing) -> bool | None:
        """Tell whether it is this function that is awaited, as its class or a relative has it; None if nobody knows."""
        called, receiver = awaited.called, awaited.receiver
        if called.what is What.FUNCTION and called.key == thing.key:
            return True
        if receiver is None or receiver.what not in (What.CLASS, What.INSTANCE):
            return False if called.what is What.FUNCTION else None
        mine = self._classes(thing)
        theirs = Scope(receiver.file, receiver.qualname)
        if mine & {*self.world.lineage(theirs)} or any(theirs in self.world.lineage(each) for each in mine):
            return True
        is_open = any(self._may_follow(theirs, each) or self._may_follow(each, theirs) for each in mine)
        return None if is_open or called.what is not What.FUNCTION else False

    def _classes(self, thing: Thing) -> set[Scope]:
        """Return the class that defines a method, and the one through which it was reached."""
        found = {Scope(thing.file, thing.qualname.rpartition(".")[0])} if "." in thing.qualname else set()
        if thing.owner is not None:
            found.add(Scope(thing.owner.file, thing.owner.qualname))
        return found

    def _may_follow(self, scope: Scope, protocol: Scope) -> bool:
        """Tell whether a class has all that a protocol asks for, which it needs not name."""
        fact = self.world.project.find_class(Definition(protocol.path, protocol.qualname))
        if fact is None or not any("Protocol" in base for base in fact.bases):
            return False
        objects = self.world.objects
        asked, there = (set(objects.names(objects.named(*each))) for each in (protocol, scope))
        return asked <= there


def _variables(body: Body, call: Call) -> Iterator[str]:
    """Yield the variables that hold what a body makes a call on."""
    receivers = {part.rpartition(".")[0] for part in call.callee.split("|")} - {""}
    for name, bound in body.bindings.items():
        if receivers & {*bound.split("|")}:
            yield name


def words_of(*names: str) -> frozenset[str]:
    """Return the words of names, in small letters and the singular, without those that say nothing."""
    words = (word.lower() for name in names for word in _WORD.findall(name))
    return frozenset(word[:-1] if word.endswith("s") else word for word in words) - _EMPTY
