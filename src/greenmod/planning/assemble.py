"""Pieces from many files → Changes: grouped, named, free of conflicts, inside the chosen paths. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from greenmod.engine.work import Piece, Proposal
from greenmod.model import Baseline, Change, ChangeSet, Edit, Problem, Safety, Skip


@dataclass(frozen=True, slots=True)
class Scope:
    """The files that may change, and the codemods in the order in which they take precedence."""

    chosen: frozenset[str]
    codemods: tuple[str, ...]


def assemble(
    proposals: Sequence[Proposal], scope: Scope, skips: Iterable[Skip] = (), problems: Iterable[Problem] = ()
) -> ChangeSet:
    """Return the ChangeSet of all proposals."""
    left = [*skips, *(skip for proposal in proposals for skip in proposal.skips if skip.path in scope.chosen)]
    wrong = [*problems, *(problem for proposal in proposals for problem in proposal.problems)]
    shown = {proposal.path for proposal in proposals}
    changes = []
    for group in _groups(proposals, scope):
        if outside := sorted(_paths(group) - scope.chosen):
            left += (_outside(piece, outside) for piece in group if piece.path in scope.chosen)
        elif unseen := sorted(_paths(group) - shown):
            wrong += (_unseen(piece, unseen) for piece in group)
        else:
            changes.append(group)
    changes = _without_lost(changes, left)
    built, conflicts = _free_of_conflicts([_change(group) for group in _named(changes)], scope)
    touched = {path for change in built for path in change.paths}
    baselines = {
        proposal.path: Baseline(proposal.path, proposal.sha256) for proposal in proposals if proposal.path in touched
    }
    return ChangeSet(baselines, tuple(built), tuple(sorted({*left, *conflicts})), tuple(sorted(set(wrong))))


@dataclass(frozen=True, slots=True)
class _Named:
    id: str
    pieces: tuple[Piece, ...]
    requires: tuple[str, ...]


def _groups(proposals: Sequence[Proposal], scope: Scope) -> list[list[Piece]]:
    """Put together the pieces of one group; a piece without a group stands alone."""
    groups: dict[tuple[object, ...], list[Piece]] = defaultdict(list)
    for number, piece in enumerate(piece for proposal in proposals for piece in proposal.pieces):
        groups[(piece.codemod, piece.group) if piece.group else (number,)].append(piece)
    return [group for group in groups.values() if any(piece.path in scope.chosen for piece in group)]


def _paths(group: Iterable[Piece]) -> set[str]:
    return {path for piece in group for path in (piece.path, *(need.path for need in piece.imports))}


def _without_lost(groups: list[list[Piece]], left: list[Skip]) -> list[list[Piece]]:
    """Leave out, in turn, each group that requires one that is not there: suppressed, or beyond the given paths."""
    while True:
        there = {(piece.codemod, piece.group) for group in groups for piece in group}
        needs = [{(piece.codemod, need) for piece in group for need in piece.requires} for group in groups]
        if not (lost := [group for group, need in zip(groups, needs, strict=True) if need - there]):
            return groups
        reason = "requires a change that is left alone"
        left += (Skip(piece.codemod, piece.path, piece.line, "requires", reason) for group in lost for piece in group)
        groups = [group for group in groups if group not in lost]


def _named(groups: Iterable[list[Piece]]) -> list[_Named]:
    """Give each group an id that a later run gives it again: codemod, path, scope, ordinal."""
    counts: dict[str, int] = defaultdict(int)
    ids: dict[tuple[str, str], str] = {}
    named = []
    for group in groups:
        first = min(group, key=lambda piece: (piece.path, piece.spans))
        stem = f"{first.codemod}:{first.path}:{first.scope or '<module>'}"
        counts[stem] += 1
        name = f"{stem}:{counts[stem]}"
        if first.group:
            ids[first.codemod, first.group] = name
        named.append((name, first, tuple(group)))
    return [
        _Named(name, group, tuple(ids[first.codemod, need] for piece in group for need in piece.requires))
        for name, first, group in named
    ]


def _change(named: _Named) -> Change:
    pieces = sorted(named.pieces, key=lambda piece: (piece.path, piece.spans))
    first = pieces[0]
    return Change(
        id=named.id,
        codemod=first.codemod,
        title="; ".join(dict.fromkeys(piece.title for piece in pieces)),
        why="; ".join(dict.fromkeys(piece.why for piece in pieces if piece.why)),
        safety=Safety.UNSAFE if any(piece.safety is Safety.UNSAFE for piece in pieces) else Safety.SAFE,
        edits=tuple(Edit(piece.path, *span) for piece in pieces for span in piece.spans),
        imports=tuple(dict.fromkeys(need for piece in pieces for need in piece.imports)),
        requires=tuple(dict.fromkeys(named.requires)),
        line=first.line,
    )


def _outside(piece: Piece, outside: Sequence[str]) -> Skip:
    reason = f"the change reaches beyond the given paths: add {', '.join(outside)}"
    return Skip(piece.codemod, piece.path, piece.line, "outside-paths", reason)


def _unseen(piece: Piece, unseen: Sequence[str]) -> Problem:
    message = f"the codemod {piece.codemod} wants an import in {', '.join(unseen)}, which it was not shown; left alone"
    return Problem(piece.path, piece.line, "codemod", message)


def _free_of_conflicts(changes: list[Change], scope: Scope) -> tuple[list[Change], list[Skip]]:
    """Let the first of two overlapping changes stand, by place and codemod order; the other waits for the next run."""
    rank = {name: index for index, name in enumerate(scope.codemods)}
    ordered = sorted(changes, key=lambda change: (change.path, change.edits[0].start, rank[change.codemod], change.id))
    taken: dict[str, list[tuple[Edit, Change]]] = defaultdict(list)
    kept: list[Change] = []
    skips: list[Skip] = []
    for change in ordered:
        rival = next((other for edit in change.edits for have, other in taken[edit.path] if _overlap(edit, have)), None)
        if rival is not None:
            reason = f"conflicts with {rival.id}; run again after it"
            skips.append(Skip(change.codemod, change.path, change.line, "conflict", reason))
            continue
        kept.append(change)
        for edit in change.edits:
            taken[edit.path].append((edit, change))
    return _with_needs(kept, skips)


def _with_needs(changes: list[Change], skips: list[Skip]) -> tuple[list[Change], list[Skip]]:
    """Leave out, in turn, what requires a change that was left out."""
    while True:
        ids = {change.id for change in changes}
        lost = [change for change in changes if not ids.issuperset(change.requires)]
        if not lost:
            return changes, skips
        skips += (
            Skip(change.codemod, change.path, change.line, "conflict", "requires a change that conflicts with another")
            for change in lost
        )
        changes = [change for change in changes if change not in lost]


def _overlap(one: Edit, other: Edit) -> bool:
    """Tell whether two edits of one file touch the same bytes, or insert at the same place."""
    if one.is_insertion and other.is_insertion:
        return one.start == other.start
    if one.is_insertion:
        return other.start < one.start < other.end
    if other.is_insertion:
        return one.start < other.start < one.end
    return one.start < other.end and other.start < one.end
