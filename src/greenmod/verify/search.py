"""Which changes to drop so that nothing is worse: bisection over sets that are closed under `requires`.

Pure over a judge, which must say the same each time it is asked the same. All changes together come first. Of what got
worse one symptom is taken at a time, and the least set that shows it is looked for, first among its suspects: only
that symptom is looked at meanwhile, so that changes which need each other don't lead astray. With n changes and k
culprits that is k · (log2 n + 3) questions about one symptom, k about those that are left, and a second look at each
culprit.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

Symptom = TypeVar("Symptom")
Proof = TypeVar("Proof", covariant=True)
# Every candidate with those it can't live without, all of them candidates themselves.
Requires = Mapping[str, Collection[str]]


class Judge(Protocol[Symptom, Proof]):
    """Says what is worse with a set of changes than without any."""

    def symptoms(self, ids: frozenset[str]) -> Sequence[Symptom]:
        """Return all that is worse, what is best looked at first coming first."""

    def left(self, ids: frozenset[str], symptoms: Sequence[Symptom]) -> Sequence[Symptom]:
        """Return those of some symptoms that a set shows."""

    def shows(self, ids: frozenset[str], symptom: Symptom) -> Proof | None:
        """Return what shows that a symptom is there with a set; None if it isn't."""

    def upholds(self, ids: frozenset[str], symptom: Symptom) -> bool:
        """Look once more at the least set that shows a symptom: is it there again, and not there without?"""

    def suspects(self, symptom: Symptom) -> Collection[str]:
        """Return the changes that are most likely to cause a symptom; none if nothing is known."""

    def dismiss(self, symptom: Symptom) -> None:
        """Forget a symptom that came and went by itself."""

    def convict(self, ids: frozenset[str], symptom: Symptom, left: int) -> None:
        """Hear that changes are dropped because of a symptom, and how many are left."""


@dataclass(frozen=True, slots=True)
class Culprit(Generic[Symptom, Proof]):
    """Changes that show a symptom, only together if there are several; the `dependents` that fall with them; and all
    that was `cured` when they had gone.
    """

    ids: tuple[str, ...]
    dependents: tuple[str, ...]
    symptom: Symptom
    proof: Proof
    cured: tuple[Symptom, ...] = ()


@dataclass(frozen=True, slots=True)
class Found(Generic[Symptom, Proof]):
    """What may stay, judged as a whole, and why the rest may not; both in the order of the candidates."""

    kept: tuple[str, ...]
    culprits: tuple[Culprit[Symptom, Proof], ...]


def search(
    requires: Requires, judge: Judge[Symptom, Proof], files: Mapping[str, str] | None = None
) -> Found[Symptom, Proof]:
    """Drop culprits, the smallest sets that show a symptom, until nothing is worse.

    `files` says where each candidate is: half a file may hide a symptom, so that whole ones are tried first.
    """
    candidates = rest = _needs_first(requires)
    culprits: list[Culprit[Symptom, Proof]] = []
    tried_back = False
    while rest and (symptoms := judge.symptoms(frozenset(rest))):
        culprits += _drop(rest, requires, judge, symptoms, files or {})
        rest = _without(candidates, requires, culprits)
        if not tried_back:  # once, so that each further round leaves less
            tried_back = True
            back = _taken_back(rest, requires, judge, culprits)
            culprits = [culprit for culprit in culprits if culprit not in back]
            rest = _without(candidates, requires, culprits)
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


def _drop(
    rest: Sequence[str],
    requires: Requires,
    judge: Judge[Symptom, Proof],
    symptoms: Sequence[Symptom],
    files: Mapping[str, str],
) -> list[Culprit[Symptom, Proof]]:
    """Find culprits until none of the symptoms is left."""
    culprits: list[Culprit[Symptom, Proof]] = []
    while symptoms and rest:
        symptom = symptoms[0]
        convicted = _convict(rest, requires, judge, symptom, files)
        if convicted is None or not judge.upholds(closed(convicted[0], requires), symptom):
            judge.dismiss(symptom)
            symptoms = symptoms[1:]
            continue
        ids, proof = convicted
        fallen = {one for one in rest if not ids.isdisjoint(closed({one}, requires))}
        rest = [one for one in rest if one not in fallen]
        judge.convict(ids, symptom, len(rest))
        left = judge.left(frozenset(rest), symptoms) if rest else ()
        culprits.append(
            Culprit(
                tuple(one for one in requires if one in ids),
                tuple(one for one in requires if one in fallen - ids),
                symptom,
                proof,
                tuple(one for one in symptoms if one not in left),
            )
        )
        symptoms = left
    return culprits


def _convict(
    rest: Sequence[str], requires: Requires, judge: Judge[Symptom, Proof], symptom: Symptom, files: Mapping[str, str]
) -> tuple[frozenset[str], Proof] | None:
    """Narrow `rest`, which shows a symptom, to the least that shows it with nothing but its own needs."""
    suspects = closed((one for one in judge.suspects(symptom) if one in rest), requires)
    if suspects and len(suspects) < len(rest) and judge.shows(suspects, symptom) is not None:
        rest = [one for one in rest if one in suspects]
    elif judge.shows(frozenset(rest), symptom) is None:
        return None
    core: frozenset[str] = frozenset()
    while rest:
        # Invariant: the core and the first `fine` of the rest don't show it, with the first `worse` they do.
        fine, worse = 0, len(rest)
        while worse - fine > 1:
            middle = _middle(rest, fine, worse, files)
            if judge.shows(closed({*core, *rest[:middle]}, requires), symptom) is None:
                fine = middle
            else:
                worse = middle
        core |= {rest[worse - 1]}
        rest = rest[: worse - 1]
        proof = judge.shows(closed(core, requires), symptom)
        if proof is not None:
            return core, proof
    return None


def _middle(rest: Sequence[str], fine: int, worse: int, files: Mapping[str, str]) -> int:
    """Return where to part `rest` between two places: where a file ends, if one does there."""
    middle = (fine + worse) // 2
    ends = (at for at in range(fine + 1, worse) if files.get(rest[at - 1]) != files.get(rest[at]))
    return min(ends, key=lambda at: abs(at - middle), default=middle)


def _taken_back(
    rest: Sequence[str],
    requires: Requires,
    judge: Judge[Symptom, Proof],
    culprits: Sequence[Culprit[Symptom, Proof]],
) -> list[Culprit[Symptom, Proof]]:
    """Return culprits that can stay after all.

    Where a symptom needed several culprits, those before the last may have shown it only because what they need was
    missing while they were tried alone.
    """
    back: list[Culprit[Symptom, Proof]] = []
    for last in culprits:
        earlier = [one for one in culprits if one.symptom == last.symptom and one not in back and one is not last]
        if not earlier or last.symptom not in last.cured:
            continue
        every = [one.symptom for one in culprits]
        for tried in ([earlier] if len(earlier) > 1 else []) + [[one] for one in earlier]:
            gone = [one for one in culprits if one not in tried and one not in back]
            ids = frozenset(_without([*rest, *_members([*tried, *back])], requires, gone))
            if closed(ids, requires) == ids and not judge.left(ids, every):
                back += tried
                break
    return back


def _members(culprits: Iterable[Culprit[Symptom, Proof]]) -> list[str]:
    return [one for culprit in culprits for one in (*culprit.ids, *culprit.dependents)]


def _without(candidates: Sequence[str], requires: Requires, culprits: Iterable[Culprit[Symptom, Proof]]) -> list[str]:
    """Leave out culprits, and what requires them."""
    gone = {one for culprit in culprits for one in culprit.ids}
    return [one for one in candidates if gone.isdisjoint(closed({one}, requires))]


def _needs_first(requires: Requires) -> list[str]:
    """Order the candidates so that each comes after what it requires: that has fewer needs than its dependent."""
    return sorted(requires, key=lambda one: len(closed({one}, requires)))
