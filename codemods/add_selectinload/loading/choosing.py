"""From the wants of one query to the loader options that it lacks, or to the reason why none is added."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from ..following.states import Evidence, OptionsCall, Root, Slot, Want
from ..models.models import Models
from ..models.nouns import Relationship
from ..operations import Extension, Operation
from .naming import Naming, Refusal
from .options import LOADING, Loader, parse, polymorphic
from .proving import Left, doubt, surest

_EAGER = frozenset({"selectin", "joined", "subquery", "immediate"})
_NEVER = frozenset({"dynamic", "write_only"})


class _Missing(NamedTuple):
    """A path that is read and not loaded, and the want that says so."""

    hops: tuple[str, ...]
    want: Want


class _Way(NamedTuple):
    """A path as it is written: for each relationship the text of its class, its name, and the loader."""

    owners: tuple[str, ...]
    hops: tuple[str, ...]
    words: tuple[str, ...]

    def written(self, spelled: Mapping[str, str]) -> str:
        """Return the loaders one after another; `spelled` are names that the file has for the first of them."""
        words = [spelled.get(self.words[0], self.words[0]), *self.words[1:]]
        return ".".join(
            f"{word}({owner}.{name})" for word, owner, name in zip(words, self.owners, self.hops, strict=True)
        )


class Chooser:
    """Chooses for one query at a time. `single` is the loader for a relationship that is no collection."""

    def __init__(self, models: Models, naming: Naming, single: str) -> None:
        self._models = models
        self._naming = naming
        self._single = single

    def choose(
        self, root: Root, wants: Sequence[Want], *, is_joinable: bool
    ) -> tuple[Operation | None, tuple[Left, ...]]:
        """Return what becomes of a query, and what is left alone. `is_joinable`: it can do with more joins."""
        by_path: dict[tuple[int, tuple[str, ...]], list[Want]] = {}
        for want in wants:
            by_path.setdefault((want.slot, want.hops), []).append(want)
        missing: list[_Missing] = []
        doubts: list[Left] = []
        for found in by_path.values():
            answer = self._judged(found)
            if isinstance(answer, Left):
                doubts.append(answer)
            elif answer is not None:
                missing.append(answer)
        if not missing:
            return None, tuple(doubts[:1])
        unseen = _unseen(missing)
        paths = _longest(each for each in missing if each not in unseen)
        calls = dict.fromkeys(call for each in paths for call in each.want.options)
        loaders = [(call, parse(call.texts)) for call in calls]
        chosen = self._operation(root, paths, loaders, self._single if is_joinable else "selectinload")
        if isinstance(chosen, Left):
            return None, (chosen,)
        return chosen, tuple(_not_loaded(each) for each in _longest(unseen))

    def _judged(self, wants: Sequence[Want]) -> _Missing | Left | None:
        """Return what is missing of one path, or why nothing is added; None where nothing is missing."""
        chain = self._chain(_slot(wants[0]).entity, wants[0].hops)
        if chain is None:
            return Left("unknown-relationship", f"`{'.'.join(wants[0].hops)}` can't be followed")
        lacking: list[Want] = []
        for want in wants:
            loaders = [loader for call in want.options for loader in parse(call.texts)]
            answer = self._of_heir(want, chain[0]) or _lacking(want, chain, loaders)
            if isinstance(answer, Left):
                return answer
            if answer and _is_unknown(want, loaders):
                return Left("options-unknown", "its options come from elsewhere, so what they load isn't known")
            if answer:
                lacking.append(want)
            elif want.options and len({other.options for other in wants}) > 1:
                reason = f"some of its statements load `{'.'.join(want.hops)}`: a condition decides"
                return Left("conditional-options", reason)
        if not lacking:
            return None
        want = surest(lacking)
        return doubt(want, chain) or _Missing(want.hops, want)

    def _of_heir(self, want: Want, first: Relationship) -> Left | None:
        """Return why nothing loads a relationship of the query's rows that an heir of their class has."""
        slot = _slot(want)
        owner = self._models.entity(slot.entity)
        if owner is None or first.name in owner.relationships:
            return None
        asked = frozenset[str]().union(*(polymorphic(call.texts) for call in want.options))
        heir = self._naming.spell(want.root.path, want.root.scope, first.declared_in, slot.text)
        if not isinstance(heir, Refusal) and heir.text in asked and len(want.root.slots) == 1:
            return None
        root, below = (each.rpartition(".")[2] for each in (owner.name, first.declared_in))
        reason = f"only `{below}` has `{first.name}`: an option for it does nothing in a query for `{root}`"
        return Left("subclass-relationship", f"{reason} without `selectin_polymorphic({root}, [{below}])` beside it")

    def loaded(self, wants: Sequence[Want]) -> str:
        """Return the reason why a query needs no more options."""
        read = ", ".join(dict.fromkeys(f"`{'.'.join(want.hops)}`" for want in wants))
        return f"all that is read of its rows is loaded: {read}"

    def unread(self, root: Root) -> str:
        """Return the reason why a query needs no option at all; empty where there could be none."""
        entities = [found for slot in root.slots if slot and (found := self._models.entity(slot.entity))]
        names = [f"`{entity.name.rpartition('.')[2]}`" for entity in entities if entity.relationships]
        return f"no relationship of {' or '.join(names)} was seen to be read from its rows" if names else ""

    def _chain(self, entity: str, hops: Iterable[str]) -> tuple[Relationship, ...] | None:
        found: list[Relationship] = []
        for name in hops:
            owner = self._models.entity(entity)
            relationship = owner.relationships.get(name) if owner is not None else None
            if relationship is None and owner is not None and not found:
                relationship = self._models.of_heir(owner, name)
            if relationship is None or relationship.target is None:
                return None
            found.append(relationship)
            entity = relationship.target
        return tuple(found)

    def _operation(
        self,
        root: Root,
        paths: Sequence[_Missing],
        loaders: Sequence[tuple[OptionsCall, tuple[Loader, ...]]],
        single: str,
    ) -> Operation | Left:
        """Return what loads the paths. `single` is the loader for what is no collection."""
        added: list[_Way] = []
        longer: dict[int, list[_Way]] = {}
        imports: dict[tuple[str, str, str], None] = {}
        inside = [(call, each) for call, each in loaders if call.path == root.path]
        last = inside[-1] if inside else None
        for path in paths:
            slot = _slot(path.want)
            owners = self._owners(root, slot, path.hops)
            if isinstance(owners, Left):
                return owners
            texts, needs = owners
            imports |= dict.fromkeys(needs)
            prefix = _prefix([loader for _, each in loaders for loader in each], texts[0], path.hops)
            there = prefix.hops if prefix is not None else ()
            chain = self._chain(slot.entity, path.hops) or ()
            words = [single if hop.is_collection is False else "selectinload" for hop in chain]
            way = _Way(texts, path.hops, (*(hop.strategy for hop in there), *words[len(there) :]))
            if last is not None and prefix is not None and prefix in last[1] and prefix.is_line:
                longer.setdefault(prefix.argument, []).append(_Way(*(part[len(there) :] for part in way)))
            else:
                added.append(way)
        begun = [*added, *(way for several in longer.values() if len(several) > 1 for way in several)]
        spelled: dict[str, str] = {}
        for word in dict.fromkeys(way.words[0] for way in begun):
            loader = self._naming.loader(root.path, root.scope, word)
            if isinstance(loader, Refusal):
                return Left(*loader)
            spelled[word] = loader.text
            imports |= dict.fromkeys(loader.imports)
        return Operation(
            root.start,
            root.kind,
            _ordinal(last[0], inside) if last is not None and root.kind != "get" else -1,
            tuple(way.written(spelled) for way in added),
            tuple(Extension(argument, _appended(several, spelled)) for argument, several in longer.items()),
            tuple(imports),
            _title(paths),
            "; ".join(dict.fromkeys(_why(path.want) for path in paths)),
        )

    def _owners(
        self, root: Root, slot: Slot, hops: Sequence[str]
    ) -> tuple[tuple[str, ...], tuple[tuple[str, str, str], ...]] | Left:
        """Return the text for the class of each hop, and what has to be imported for them."""
        texts: list[str] = []
        needs: list[tuple[str, str, str]] = []
        chain = self._chain(slot.entity, hops) or ()
        owners = [slot.entity, *(hop.target for hop in chain[:-1] if hop.target is not None)]
        for number, (name, hop) in enumerate(zip(owners, chain, strict=True)):
            owner = self._models.entity(name)
            if owner is not None and hop.name not in owner.relationships:
                name = hop.declared_in
            elif number == 0:
                texts.append(slot.text)
                continue
            found = self._naming.spell(root.path, root.scope, name, slot.text)
            if isinstance(found, Refusal):
                return Left(*found)
            texts.append(found.text)
            needs += found.imports
        return tuple(texts), tuple(needs)


def _slot(want: Want) -> Slot:
    slot = want.root.slots[want.slot]
    assert slot is not None
    return slot


def _lacking(want: Want, chain: Sequence[Relationship], loaders: Sequence[Loader]) -> bool | Left:
    """Tell whether the last relationship of a chain is not loaded with the query; or say why it never can be."""
    is_alone = len(want.root.slots) == 1
    for depth, hop in enumerate(chain, 1):
        said = f"`{hop.declared_in.rpartition('.')[2]}.{hop.name}`"
        strategy = _strategy(loaders, _slot(want), want.hops[:depth], is_alone)
        if hop.lazy in _NEVER:
            return Left("dynamic", f'{said} is `lazy="{hop.lazy}"`, which nothing loads eagerly')
        if hop.lazy is None:
            return Left("lazy-unknown", f"how {said} is loaded isn't written out at {hop.path}:{hop.line}")
        if strategy and strategy not in LOADING:
            return Left("other-strategy", f"the query has `{strategy}` for {said}")
        if depth == len(chain):
            return not strategy and hop.lazy not in _EAGER and not _leads_back(chain)
    return False


def _leads_back(chain: Sequence[Relationship]) -> bool:
    """Tell whether the last hop is the other end of the one before, which is set when that is loaded."""
    if len(chain) < 2 or chain[-1].is_collection:
        return False
    last, before = chain[-1], chain[-2]
    return last.name == before.back_populates or (last.is_by_backref and last.back_populates == before.name)


def _strategy(loaders: Sequence[Loader], slot: Slot, hops: tuple[str, ...], is_alone: bool) -> str:
    """Return how the last of the hops is loaded by the options; empty where they say nothing of it."""
    for loader in loaders:
        is_same = is_alone or (loader.hops and loader.hops[0].owner == slot.text)
        if is_same and tuple(hop.name for hop in loader.hops[: len(hops)]) == hops:
            return loader.hops[len(hops) - 1].strategy
    return ""


def _is_unknown(want: Want, loaders: Iterable[Loader]) -> bool:
    """Tell whether options that can't be told may load what is read, or make another loader for it an error."""
    depths = [
        len(loader.hops)
        for loader in loaders
        if loader.is_open and tuple(hop.name for hop in loader.hops) == want.hops[: len(loader.hops)]
    ]
    return any(depth < len(want.hops) for depth in depths)


def _prefix(loaders: Sequence[Loader], owner: str, hops: tuple[str, ...]) -> Loader | None:
    """Return the loader that leads farthest along a path, if it is no longer than that."""
    fitting = [
        loader
        for loader in loaders
        if loader.hops
        and loader.hops[0].owner == owner
        and tuple(h.name for h in loader.hops) == hops[: len(loader.hops)]
    ]
    return max(fitting, key=lambda loader: (len(loader.hops), not loader.is_open), default=None)


def _unseen(missing: Sequence[_Missing]) -> list[_Missing]:
    """Return what no test loads of a query's rows, though tests load others of them; an error may hide what is next."""
    tested = [each.want for each in missing if each.want.evidence is Evidence.TEST]
    if not tested or any(want.is_async for want in tested):
        return []
    return [each for each in missing if each.want.evidence is not Evidence.TEST]


def _not_loaded(path: _Missing) -> Left:
    reason = f"{path.want.where} reads `{'.'.join(path.hops)}` as well, but no test that loads others loads that"
    return Left("untested-path", reason)


def _longest(missing: Iterable[_Missing]) -> list[_Missing]:
    """Return the paths that no other one contains, each once."""
    by_path = {(each.want.slot, each.hops): each for each in missing}
    return [
        each
        for (slot, hops), each in by_path.items()
        if not any(other != (slot, hops) and other[0] == slot and other[1][: len(hops)] == hops for other in by_path)
    ]


def _appended(several: Sequence[_Way], spelled: Mapping[str, str]) -> str:
    """Return what is called on a loader to lead it further, on one way or on several."""
    if len(several) == 1:
        return f".{several[0].written({})}"
    return f".options({', '.join(way.written(spelled) for way in several)})"


def _ordinal(call: OptionsCall, inside: Sequence[tuple[OptionsCall, tuple[Loader, ...]]]) -> int:
    return sum(other.start == call.start and other.end < call.end for other, _ in inside)


def _title(paths: Sequence[_Missing]) -> str:
    named = [f"`{_slot(path.want).entity.rpartition('.')[2]}.{'.'.join(path.hops)}`" for path in paths]
    return f"Load {', '.join(named)} with the query"


def _why(want: Want) -> str:
    several = "each row's" if want.is_many else "the row's"
    return f"{want.where}: {want.how} {several} `{'.'.join(want.hops)}`"
