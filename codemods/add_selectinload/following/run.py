"""One function, gone through once: its terms become states, its calls are followed, and what it reads is noted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from ..flows.rows import KEYED, LISTED, MAPPED, PACKED, UNKNOWN, Body, Call, Read
from ..flows.terms import EACH, ENTERED, parts
from ..templates.rows import TemplateRead
from . import methods, rendering, validating
from .creations import Creations
from .queries import Queries
from .reads import Reading
from .repeats import FILTERS, Repeats
from .sequels import Sequels
from .states import Evidence, OptionsCall, Shape, State
from .steps import NOTHING, States, listed, some, stepped
from .world import Scope

if TYPE_CHECKING:
    from .evaluating import Evaluator

_MOST = 8  # alternatives
_DEPENDS = re.compile(r"\b(?:Depends|Security)\((?:dependency=)?([\w.]+)")
_LOADERS = frozenset({"model_validate", "from_orm"})


class Run:
    """One function, once."""

    def __init__(self, evaluator: Evaluator, scope: Scope, body: Body, given: Mapping[str, States]) -> None:
        self._evaluator = evaluator
        self._world = evaluator.world
        self._scope = scope
        self._body = body
        self._given = given
        self._queries = Queries(
            scope.path, body, evaluator.entity_named, evaluator.world.is_statement, evaluator.begun, evaluator.aside.add
        )
        self._creations = Creations(scope.path, body, expires=evaluator.world.expires)
        self._sequels = Sequels(body, expires=evaluator.world.expires)
        self._calls: dict[int, States] = {}
        self._terms: dict[str, States] = {}

    def results(self) -> States:
        for number in range(len(self._body.calls)):
            self._call(number)
        for read in self._body.reads:
            self._read(read)
        self._evaluator.repeats |= dict.fromkeys(Repeats(self._scope.path, self._body, self.states).found())
        end = len(self._body.calls)
        found = [
            state
            for term in self._body.returned
            for state in self._standing(term, end)
            if state.made is None or not self._sequels.is_refreshed_in_part(term)
        ]
        found += [one for term in self._body.yielded for one in self._listed(term)]
        return tuple(dict.fromkeys(found))[:_MOST]

    def states(self, term: str) -> States:
        """Return what a term may be."""
        if term not in self._terms:
            self._terms[term] = NOTHING
            found = [state for part in term.split("|") for state in self._single(part)]
            self._terms[term] = tuple(dict.fromkeys(found))[:_MOST]
        return self._terms[term]

    def _single(self, term: str) -> States:
        if term == UNKNOWN:
            return NOTHING
        base, steps = parts(term)
        if not steps:
            return self._base(base)
        last = steps[-1]
        owner = term[: -len(last)]
        models = self._evaluator.models
        return tuple(found for state in self.states(owner) for found in stepped(models, state, last))

    def _base(self, base: str) -> States:
        if base.startswith("#"):
            return self._call(int(base[1:]))
        if base.startswith("@"):
            name = base[1:]
            return self._given[name] if name in self._given else self._depended(name)
        return NOTHING

    def _depended(self, name: str) -> States:
        """Return what FastAPI gives a parameter: what the function in its `Depends(…)` returns."""
        parameter = next((each for each in self._body.parameters if each.name == name), None)
        if parameter is None:
            return NOTHING
        path, scope, text = self._scope.path, self._body.qualname, f"{parameter.default} {parameter.annotation}"
        if "(" not in text and parameter.annotation.isidentifier():
            written = self._evaluator.models.written(path, parameter.annotation, scope)
            path, scope, text = (written[0], "", written[1]) if written is not None else (path, scope, "")
        found = _DEPENDS.search(text)
        target = self._world.function(path, found[1], scope) if found else None
        return self._evaluator.called(target, {}) if target is not None else NOTHING

    def _read(self, read: Read) -> None:
        """Note what the last step of a term reads."""
        owner, _, name = read.term.rpartition(".")
        if self._sequels.is_refreshed(read.term):
            return
        for state in self._standing(owner, read.seq):
            origin = state.root or state.made
            if state.shape is Shape.ROW and origin is not None and (not read.is_set or self._loads(state, name)):
                is_own = (origin.path, origin.scope) == self._scope
                evidence = Evidence.OWN if is_own else Evidence.RETURNED
                where = f"{self._scope.path}:{read.line}"
                self._evaluator.reads.want(state, name, Reading(where, "reads", evidence, read.is_conditional))

    def _standing(self, term: str, seq: int) -> Iterator[State]:
        """Yield what a term is after `seq` calls: rows that no commit has expired, made objects that were written."""
        is_expired = self._sequels.is_expired(term, seq)
        for state in self.states(term):
            made = state.made
            is_own = made is not None and (made.path, made.scope) == self._scope
            if not is_expired if made is None else not is_own or seq > made.since:
                yield state

    def _loads(self, state: State, name: str) -> bool:
        """Tell whether setting an attribute loads what it was: a collection, which async code can't."""
        entity = self._evaluator.models.entity(state.entity)
        found = entity.relationships.get(name) if entity is not None else None
        return state.is_async and found is not None and bool(found.is_collection)

    # What a call gives.

    def _call(self, number: int) -> States:
        if number not in self._calls:
            self._calls[number] = NOTHING  # for what asks for itself
            found = tuple(dict.fromkeys(self._result(self._body.calls[number])))[:_MOST]
            self._calls[number] = found
        return self._calls[number]

    def _result(self, call: Call) -> Iterator[State]:
        if call.callee in (LISTED, PACKED, MAPPED, KEYED):
            yield from self._put_together(call)
            return
        word = call.callee.rpartition(".")[2]
        is_own = word in self._world.by_name and self._is_own(call)
        if not is_own and (root := self._queries.of_call(call)) is not None:
            self._evaluator.given_options(root)
            self._shaped(root, call.named)
            yield root
            return
        if self._body.is_async and (created := self._created(call)) is not None:
            yield created
            return
        if not is_own and word in rendering.WORDS:
            self._rendered(call, word)
        receivers = self.states(_receiver(call.callee)) if "." in call.callee else NOTHING
        if receivers:
            for state in receivers:
                yield from some(self._of_method(state, word, call))
            return
        args = [self.states(term) for term in (*call.args, *(term for _, term in call.keywords))]
        if word in methods.EXECUTORS:
            for state in (state for arg in args[:2] for state in arg):
                found = methods.executed(state, word)
                if found is not None:
                    yield found._replace(is_async=state.is_async or call.is_awaited)
            if "." in call.callee:
                return
        if not any(args) and word not in self._world.giving:
            return
        yield from self._of_function(call, word, args)

    def _created(self, call: Call) -> State | None:
        """Return an object of a mapped class that a call makes, and that this function writes to the database."""
        models = self._evaluator.models
        if call.callee.rpartition(".")[2] not in models.words or "#" in call.callee or "@" in call.callee:
            return None
        entity = self._evaluator.entity_named(self._scope.path, call.callee, self._body.qualname)
        made = self._creations.of_call(self._body.calls.index(call)) if entity else None
        return State(Shape.ROW, entity=entity, is_async=True, made=made) if made is not None else None

    def _is_own(self, call: Call) -> bool:
        """Tell whether a call is one of the repository's own functions, whatever it is called."""
        return self._world.function(self._scope.path, self._text(call.callee), self._body.qualname) is not None

    def _put_together(self, call: Call) -> Iterator[State]:
        if call.callee == LISTED and len(call.args) == 1:
            yield from self._listed(call.args[0])
        elif call.callee == KEYED:
            rows = (state for state in self.states(call.args[0]) if state.shape is Shape.ROW)
            yield from (state._replace(shape=Shape.KEYED) for state in rows)
        elif call.callee == MAPPED:
            yield State(
                Shape.MAPPED,
                items=tuple(self.states(term) for _, term in call.keywords),
                keys=tuple(name for name, _ in call.keywords),
            )
        else:
            yield State(Shape.PACKED, items=tuple(self.states(term) for term in call.args))

    def _listed(self, term: str) -> Iterator[State]:
        """Yield lists of what a term is again and again: of several only if what it comes from is one of several."""
        source = term.rpartition(EACH)[0]
        for state in self.states(term):
            is_many = any(one.is_many for one in self.states(source)) if source else state.is_many
            yield from some(listed(state, is_many=is_many))

    def _of_method(self, state: State, word: str, call: Call) -> State | None:
        found = methods.called(state, word)
        self._shaped(state, (word,))
        if found is not None and word == "limit":
            return found._replace(filters=(*found.filters, f"limit({call.texts[0]})" if call.texts else ""))
        if found is not None and word in FILTERS:
            return found._replace(filters=(*found.filters, *call.texts, *(f"{name}=" for name, _ in call.keywords)))
        if found is not None and word == "options":
            pairs = zip(call.texts, call.args, strict=False)
            texts = tuple(self._evaluator.prebuilt.spelled(self._scope, self._body, *pair) for pair in pairs)
            call_of_options = OptionsCall(self._scope.path, call.start, call.end, texts)
            given = found._replace(options=(*found.options, call_of_options))
            self._evaluator.given_options(given)
            return given
        if found is not None and call.is_awaited:
            return found._replace(is_async=True)
        return found

    def _shaped(self, state: State, words: Iterable[str]) -> None:
        if state.root is not None and not methods.UNJOINABLE.isdisjoint(words):
            self._evaluator.unjoinable.add(state.root)

    def _of_function(self, call: Call, word: str, args: Sequence[States]) -> Iterator[State]:
        if "." not in call.callee:
            if word == "enumerate" and args:
                yield State(Shape.ZIPPED, items=(NOTHING, args[0]))
                return
            if word == "zip":
                yield State(Shape.ZIPPED, items=tuple(args))
                return
            if word == "filter" and len(args) > 1:
                yield from args[1]
                return
            known = [found for state in (args[0] if args else ()) if (found := methods.collected(state, word))]
            if known:
                yield from known
                return
        if word in _LOADERS:
            self._validated(call)
            return
        target = self._world.function(self._scope.path, self._text(call.callee), self._body.qualname)
        if target is None:
            return
        body = self._world.body(target)
        if body is not None:
            yield from self._evaluator.called(target, _bound(body, call, args))

    def _validated(self, call: Call) -> None:
        """Note what a schema reads of the rows that it is made from."""
        owner = self._text(call.callee).rpartition(".")[0]
        thing = self._world.objects.named(self._scope.path, owner, self._body.qualname)
        schema = self._evaluator.models.schema_of(thing)
        if schema is None or not call.args:
            return
        for state in self._standing(call.args[0], self._body.calls.index(call)):
            if state.shape is Shape.ROW:
                where = f"{self._scope.path}:{call.start[0]}"
                validating.read(self._evaluator.models, self._evaluator.reads.want_for_schema, state, schema, where)

    def _rendered(self, call: Call, word: str) -> None:
        """Note what a template reads of the rows that it is rendered with."""
        found = rendering.rendering_of(self._body.calls, call)
        if found is None or not any(self.states(term) for _, term in found.context):
            return
        path, text = self._scope.path, self._text(call.callee)
        if word in rendering.FUNCTIONS and not self._world.is_of(rendering.PACKAGES, path, text, self._body.qualname):
            return
        context, until = dict(found.context), self._body.calls.index(call)
        whole = frozenset(state.entity for term in context.values() for state in self.states(term) if _is_whole(state))
        for read in self._evaluator.templates.reads(found.name, path):
            base, _ = parts(read.term)
            for given in context.get(base[1:], UNKNOWN).split("|"):
                self._read_by_template(read, given + read.term[len(base) :], until, whole)

    def _read_by_template(self, read: TemplateRead, term: str, until: int, whole: frozenset[str]) -> None:
        """Note what a template reads; a row of the entities that are there as a `whole` is in the session already."""
        owner, _, name = term.rpartition(".")
        if self._sequels.is_refreshed(term):
            return
        reading = Reading(f"{read.path}:{read.line}", "reads", Evidence.TEMPLATE, read.is_conditional)
        for state in self._standing(owner, until):
            led = stepped(self._evaluator.models, state, f".{name}") if state.shape is Shape.ROW else NOTHING
            if state.shape is Shape.ROW and not any(one.shape is Shape.ROW and one.entity in whole for one in led):
                self._evaluator.reads.want(state, name, reading)

    def _text(self, term: str) -> str:
        """Return a term as an expression, as far as it is one."""
        base, steps = parts(term)
        rest = "".join(step for step in steps if step != ENTERED)
        if base.startswith("#"):
            made = self._body.calls[int(base[1:])]
            return f"{self._text(made.callee)}(){rest}"
        return base.removeprefix("@") + rest


def _is_whole(state: State) -> bool:
    """Tell whether a value is all rows of their table, and loaded."""
    return state.shape is Shape.ROWS and not state.hops and not state.filters


def _receiver(callee: str) -> str:
    """Return the term of what has the method that is called."""
    return "|".join(part.rpartition(".")[0] or UNKNOWN for part in callee.split("|"))


def _bound(body: Body, call: Call, args: Sequence[States]) -> Mapping[str, States]:
    """Return what the parameters of a function are given by a call."""
    names = [each.name for each in body.parameters]
    if body.is_method and names[:1] and names[0] in ("self", "cls"):
        names = names[1:]
    given = dict(zip(names, args[: len(call.args)], strict=False))
    keywords = zip((name for name, _ in call.keywords), args[len(call.args) :], strict=True)
    return given | {name: states for name, states in keywords if name in names}
