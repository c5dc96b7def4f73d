"""From the paths that a query lacks to loaders as they are written: led further where one goes part of the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ..following.states import OptionsCall, Root, Slot, Want
from ..models.models import Models
from ..operations import Extension, Operation
from .naming import Naming, Refusal
from .options import Loader, parse
from .proving import Left

Imports = tuple[tuple[str, str, str], ...]


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


class Composer:
    """Composes for one query at a time. `single` is the loader for a relationship that is no collection."""

    def __init__(self, models: Models, naming: Naming, single: str) -> None:
        self._models = models
        self._naming = naming
        self._single = single

    def compose(self, root: Root, paths: Sequence[Want], *, is_joinable: bool) -> Operation | Left:
        """Return what loads the paths. `is_joinable`: the query can do with more joins."""
        single = self._single if is_joinable else "selectinload"
        calls = dict.fromkeys(call for path in paths for call in path.options)
        loaders = [(call, parse(call.texts)) for call in calls]
        added: list[_Way] = []
        longer: dict[int, list[_Way]] = {}
        imports: dict[tuple[str, str, str], None] = {}
        inside = [(call, each) for call, each in loaders if call.path == root.path]
        last = inside[-1] if inside else None
        for path in paths:
            owners = self._owners(root, path.of, path.hops)
            if isinstance(owners, Left):
                return owners
            texts, needs = owners
            imports |= dict.fromkeys(needs)
            prefix = _prefix([loader for _, each in loaders for loader in each], texts[0], path.hops)
            there = prefix.hops if prefix is not None else ()
            chain = self._models.path(path.of.entity, path.hops) or ()
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
            "; ".join(dict.fromkeys(map(_why, paths))),
        )

    def _owners(self, root: Root, slot: Slot, hops: Sequence[str]) -> tuple[tuple[str, ...], Imports] | Left:
        """Return the text for the class of each hop, and what has to be imported for them."""
        texts: list[str] = []
        needs: list[tuple[str, str, str]] = []
        chain = self._models.path(slot.entity, hops) or ()
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


def _appended(several: Sequence[_Way], spelled: Mapping[str, str]) -> str:
    """Return what is called on a loader to lead it further, on one way or on several."""
    if len(several) == 1:
        return f".{several[0].written({})}"
    return f".options({', '.join(way.written(spelled) for way in several)})"


def _ordinal(call: OptionsCall, inside: Sequence[tuple[OptionsCall, tuple[Loader, ...]]]) -> int:
    return sum(other.start == call.start and other.end < call.end for other, _ in inside)


def _title(paths: Sequence[Want]) -> str:
    named = [f"`{path.of.entity.rpartition('.')[2]}.{'.'.join(path.hops)}`" for path in paths]
    return f"Load {', '.join(named)} with the query"


def _why(want: Want) -> str:
    several = "each row's" if want.is_many else "the row's"
    return f"{want.where}: {want.how} {several} `{'.'.join(want.hops)}`"
