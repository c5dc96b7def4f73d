"""From the wants of one query to the paths that it lacks options for, or to the reason why none is added."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..following.states import Evidence, Root, Slot, Want
from ..models.models import Models
from ..models.nouns import Relationship
from .naming import Naming, Refusal
from .options import LOADING, Loader, parse, polymorphic
from .proving import Left, doubt, surest

_EAGER = frozenset({"selectin", "joined", "subquery", "immediate"})
_NEVER = frozenset({"dynamic", "write_only"})


class Chooser:
    """Chooses for one query at a time."""

    def __init__(self, models: Models, naming: Naming) -> None:
        self._models = models
        self._naming = naming

    def choose(self, wants: Iterable[Want]) -> tuple[Sequence[Want], Sequence[Left]]:
        """Return those of one query's wants that it lacks options for, and why others are left alone."""
        by_path: dict[tuple[int, tuple[str, ...]], list[Want]] = {}
        for want in wants:
            by_path.setdefault((want.slot, want.hops), []).append(want)
        missing: list[Want] = []
        doubts: list[Left] = []
        for found in by_path.values():
            answer = self._judged(found)
            if isinstance(answer, Left):
                doubts.append(answer)
            elif answer is not None:
                missing.append(answer)
        if not missing:
            return (), doubts[:1]
        unseen = _unseen(missing)
        paths = _longest([each for each in missing if each not in unseen])
        return paths, [_not_loaded(each) for each in _longest(unseen)]

    def _judged(self, wants: Sequence[Want]) -> Want | Left | None:
        """Return the surest want of one path that is missing, or why nothing is added; None where it is loaded."""
        chain = self._models.path(wants[0].of.entity, wants[0].hops)
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
        return doubt(want, chain) or want

    def _of_heir(self, want: Want, first: Relationship) -> Left | None:
        """Return why nothing loads a relationship of the query's rows that an heir of their class has."""
        owner = self._models.entity(want.of.entity)
        if owner is None or first.name in owner.relationships:
            return None
        asked = frozenset[str]().union(*(polymorphic(call.texts) for call in want.options))
        heir = self._naming.spell(want.root.path, want.root.scope, first.declared_in, want.of.text)
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


def _lacking(want: Want, chain: Sequence[Relationship], loaders: Sequence[Loader]) -> bool | Left:
    """Tell whether the last relationship of a chain is not loaded with the query; or say why it never can be."""
    is_alone = len(want.root.slots) == 1
    for depth, hop in enumerate(chain, 1):
        said = f"`{hop.declared_in.rpartition('.')[2]}.{hop.name}`"
        strategy = _strategy(loaders, want.of, want.hops[:depth], is_alone)
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


def _unseen(missing: Sequence[Want]) -> list[Want]:
    """Return what no test loads of a query's rows, though tests load others of them; an error may hide what is next."""
    tested = [want for want in missing if want.evidence is Evidence.TEST]
    if not tested or any(want.is_async for want in tested):
        return []
    return [want for want in missing if want.evidence is not Evidence.TEST]


def _not_loaded(want: Want) -> Left:
    reason = f"{want.where} reads `{'.'.join(want.hops)}` as well, but no test that loads others loads that"
    return Left("untested-path", reason)


def _longest(wants: Sequence[Want]) -> list[Want]:
    """Return those whose path no other's contains."""
    return [
        want
        for want in wants
        if not any(
            other.slot == want.slot and len(other.hops) > len(want.hops) and other.hops[: len(want.hops)] == want.hops
            for other in wants
        )
    ]
