"""Which changes to drop so that nothing is worse: bisection over sets that are closed under `requires`.

Pure over `judge`, which must say the same each time it is asked about the same set. With n changes and k culprits
it is asked about k · (log2 n + 2) times. That holding back one change can't make another one worse is hoped, not
relied on: where it does, the search still ends with a set that was judged and is closed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Proof = TypeVar("Proof")
# None where a set of changes is no worse than none of them, else what shows that it is.
Judge = Callable[[frozenset[str]], Proof | None]
# Every candidate with those it can't live without, all of them candidates themselves.
Requires = Mapping[str, Collection[str]]


@dataclass(frozen=True, slots=True)
class Culprit(Generic[Proof]):
    """Changes that break the tests, only together if there are several, and the `dependents` that fall with them."""

    ids: tuple[str, ...]
    dependents: tuple[str, ...]
    proof: Proof


@dataclass(frozen=True, slots=True)
class Found(Generic[Proof]):
    """What may stay, judged as a whole, and why the rest may not; both in the order of the candidates."""

    kept: tuple[str, ...]
    culprits: tuple[Culprit[Proof], ...]


def search(requires: Requires, judge: Judge[Proof]) -> Found[Proof]:
    """Drop culprits, the smallest sets that show one, until nothing is worse."""
    rest = _needs_first(requires)
    culprits = []
    while rest and judge(frozenset(rest)) is not None:
        ids, proof = _convict(rest, requires, judge)
        fallen = [one for one in rest if not ids.isdisjoint(closed({one}, requires))]
        dependents = tuple(one for one in requires if one in fallen and one not in ids)
        culprits.append(Culprit(tuple(one for one in requires if one in ids), dependents, proof))
        rest = [one for one in rest if one not in fallen]
    return Found(tuple(one for one in requires if one in rest), tuple(culprits))


def closed(ids: Iterable[str], requires: Requires) -> frozenset[str]:
    """Return `ids` with everything that they can't live without."""
    found: set[str] = set()
    waiting = list(ids)
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting.extend(requires[one])
    return frozenset(found)


def _convict(rest: Sequence[str], requires: Requires, judge: Judge[Proof]) -> tuple[frozenset[str], Proof]:
    """Narrow `rest`, which was judged worse, to the least that is worse with nothing but its own needs."""
    core: frozenset[str] = frozenset()
    while True:
        # Invariant: with the core and the first `fine` of the rest nothing is worse, with the first `worse` it is.
        fine, worse = 0, len(rest)
        while worse - fine > 1:
            middle = (fine + worse) // 2
            if judge(closed({*core, *rest[:middle]}, requires)) is None:
                fine = middle
            else:
                worse = middle
        core |= {rest[worse - 1]}
        rest = rest[: worse - 1]
        proof = judge(closed(core, requires))
        if proof is not None:
            return core, proof


def _needs_first(requires: Requires) -> list[str]:
    """Order the candidates so that each comes after what it requires: that has fewer needs than its dependent."""
    return sorted(requires, key=lambda one: len(closed({one}, requires)))
