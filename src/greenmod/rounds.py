"""Plan by what failing tests say, verify, and plan again: with the changes that stay, the next fault may show itself.

Each round plans over the files as they are, with all that is known by then, so that what comes out is one ChangeSet
against them: frames that were seen with changes are told in lines of the files without. A round counts if it turns
green whatever the one before did; the first that finds nothing new is the last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from greenmod.facts.evidence.observation import Evidence, merged
from greenmod.model import Change, ChangeSet, Edit, ImportNeed, Replacement

if TYPE_CHECKING:
    from greenmod.apply import Renderer
    from greenmod.verify import Attempted, Dropped, Verification, Verifier

MOST_ROUNDS = 10
MOST_TOLD = 3

# What a change does, whatever it is called.
Content = tuple[str, tuple[Edit, ...], tuple[ImportNeed, ...], tuple[Replacement, ...]]


@dataclass(frozen=True, slots=True)
class Draft:
    """A plan, the files that it touches as they are, and what subsets of it make of them."""

    plan: ChangeSet
    baselines: Mapping[str, bytes | None]
    renderer: Renderer


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of planning. `verification` is None where nothing was verified, `evidence` where no test was run."""

    draft: Draft
    verification: Verification | None = None
    evidence: Evidence | None = None


class Planner(Protocol):
    """What a round plans with."""

    def plan(self, evidence: Evidence) -> ChangeSet:
        """Return all that may be changed, by what is known of failing tests."""

    def draft(self, plan: ChangeSet) -> Draft:
        """Make a plan ready for being rendered."""


def plan_by_rounds(planner: Planner, verifier: Verifier, given: Evidence, tell: Callable[[str], None]) -> Outcome:
    """Return the best that the tests can be helped to. Raises VerifyError."""
    known = merged(given, verifier.evidence())
    draft = planner.draft(planner.plan(known))
    attempt = _tried(verifier, draft, draft.plan.ids)
    if attempt is None:
        return Outcome(draft, None, known)
    found = attempt.unproven()
    for number in range(2, MOST_ROUNDS + 1):
        if not found.kept or not (found.still_red or found.lazy):
            break
        seen = verifier.evidence(frozenset(found.kept))
        later = tuple(replace(one, round=number - 1) for one in seen.observations)
        loads = tuple(replace(one, round=number - 1) for one in seen.loads)
        evidence = merged(known, Evidence(later, seen.files, loads))
        if evidence == known:
            break
        following = _following(draft.plan, found, planner.plan(evidence))
        if not following.news:
            break
        tell(f"Round {number}: with what stays, the tests show {_told(following)}")
        next_draft = planner.draft(following.plan)
        next_attempt = _tried(verifier, next_draft, next_draft.plan.ids - following.rejected)
        verification = None if next_attempt is None else next_attempt.unproven()
        if next_attempt is None or verification is None or not set(found.fixed) <= set(verification.fixed):
            tell(f"Round {number} does not count: it does not turn green what the one before did")
            break
        known, draft, attempt = evidence, next_draft, next_attempt
        found = _with_dropped(verification, found, following)
    return Outcome(draft, _proven(attempt, found), known)


def _tried(verifier: Verifier, draft: Draft, ids: frozenset[str]) -> Attempted | None:
    return verifier.attempt(draft.plan, ids, draft.renderer) if draft.plan.chosen(ids) else None


def _proven(attempt: Attempted, found: Verification) -> Verification:
    """Return the last attempt proven, with what was dropped in the rounds before."""
    last = attempt.proven()
    known = {one.id for one in last.dropped}
    dropped = sorted((*last.dropped, *(one for one in found.dropped if one.id not in known)), key=lambda one: one.id)
    return replace(last, dropped=tuple(dropped), verdicts={**found.verdicts, **last.verdicts})


@dataclass(frozen=True, slots=True)
class _Following:
    """A later plan. `names` leads from the ids of the one before to its own, `rejected` was dropped before."""

    plan: ChangeSet
    names: Mapping[str, str]
    rejected: frozenset[str]
    news: frozenset[str]


def _following(before: ChangeSet, found: Verification, plan: ChangeSet) -> _Following:
    """Put a later plan beside what stayed of the one before: what it does not propose any more stays, where it can."""
    now = {_content(change): change.id for change in plan.changes}
    known = {change.id: now[_content(change)] for change in before.changes if _content(change) in now}
    carried = list(_carried((change for change in before.chosen(found.kept) if change.id not in known), plan))
    names = {**known, **{change.id: name for change, name in zip(carried, _free_names(carried, plan), strict=True)}}
    added = tuple(_renamed(change, names) for change in carried)
    baselines = {path: before.baselines[path] for change in added for path in change.paths}
    changes = sorted((*plan.changes, *added), key=_place)
    sites = {(change.codemod, change.path, change.line) for change in added}
    skips = tuple(skip for skip in plan.skips if (skip.codemod, skip.path, skip.line) not in sites)
    whole = replace(plan, baselines={**baselines, **plan.baselines}, changes=tuple(changes), skips=skips)
    rejected = frozenset(names[one.id] for one in found.dropped if one.id in names)
    return _Following(whole, names, rejected, plan.ids - frozenset(known.values()))


def _content(change: Change) -> Content:
    return change.codemod, change.edits, change.imports, change.files


def _place(change: Change) -> tuple[str, int, str]:
    return change.path, min((edit.start for edit in change.edits), default=0), change.id


def _carried(changes: Iterable[Change], plan: ChangeSet) -> Iterator[Change]:
    """Yield the changes that touch nothing of what a plan touches."""
    edits = [edit for change in plan.changes for edit in change.edits]
    whole = {file.path for change in plan.changes for file in change.files}
    for change in changes:
        is_free = not any(one.overlaps(edit) for one in change.edits for edit in edits)
        if is_free and whole.isdisjoint(change.paths) and not change.files:
            yield change


def _free_names(changes: Iterable[Change], plan: ChangeSet) -> Iterator[str]:
    """Yield an id for each change: its own, else the next one of its scope that the plan doesn't use."""
    taken = set(plan.ids)
    for change in changes:
        name, stem = change.id, change.id.rpartition(":")[0]
        number = 1
        while name in taken:
            number += 1
            name = f"{stem}:{number}"
        taken.add(name)
        yield name


def _renamed(change: Change, names: Mapping[str, str]) -> Change:
    # What it required stayed as well, or was replaced by what the plan has in its place.
    requires = tuple(sorted(names[one] for one in change.requires if one in names))
    return replace(change, id=names[change.id], requires=requires)


def _with_dropped(verification: Verification, before: Verification, following: _Following) -> Verification:
    """Add what was dropped in the rounds before, as far as it is still proposed."""
    names = following.names
    dropped = [_named(one, names) for one in before.dropped if one.id in names]
    known = {one.id: one for one in dropped}
    tried = {change.id for change in following.plan.chosen(following.plan.ids - following.rejected)}
    for change in following.plan.changes:
        needs = next((one for one in change.requires if one in known), None)
        if needs is not None and change.id not in tried and change.id not in known:
            known[change.id] = replace(known[needs], id=change.id, together=(), needs=needs)
    verdicts = {one.id: one.conviction.verdict for one in known.values()}
    return replace(
        verification,
        dropped=tuple(sorted((*verification.dropped, *known.values()), key=lambda one: one.id)),
        verdicts={**verification.verdicts, **verdicts},
    )


def _named(one: Dropped, names: Mapping[str, str]) -> Dropped:
    together = tuple(names[other] for other in one.together if other in names)
    needs = names.get(one.needs) if one.needs else None
    return replace(one, id=names[one.id], together=together, needs=needs)


def _told(following: _Following) -> str:
    places = [f"{change.path}:{change.line}" for change in following.plan.chosen(following.news)]
    rest = ", …" if len(places) > MOST_TOLD else ""
    return f"{len(places):,} change{'' if len(places) == 1 else 's'} more: {', '.join(places[:MOST_TOLD])}{rest}"
