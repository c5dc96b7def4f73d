"""Pieces from many files → Changes: grouped, named, free of conflicts, inside the chosen paths. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from greenmod.engine.work import Piece, Proposal
from greenmod.model import Baseline, Change, ChangeSet, Edit, Problem, Safety, Skip

# What a codemod calls one of its groups.
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Scope:
    """The files that may change, and the codemods in the order in which they take precedence."""

    chosen: frozenset[str]
    codemods: tuple[str, ...]


def assemble(
    proposals: Sequence[Proposal], scope: Scope, skips: Iterable[Skip] = (), problems: Iterable[Problem] = ()
) -> ChangeSet:
    """Return the ChangeSet of all proposals."""
    left = [skip for proposal in proposals for skip in proposal.skips]
    wrong = [*problems, *(problem for proposal in proposals for problem in proposal.problems)]
    refused = _refused(proposals)
    left += (skip for refusals in refused.values() for skip in refusals)
    shown = {proposal.path: proposal.sha256 is not None for proposal in proposals}
    lost = _Lost(left)
    changes = []
    for group in _groups(proposals):
        if refusals := [skip for key in group.keys for skip in refused.get(key, ())]:
            lost.refuse(group, refusals)
        elif outside := sorted(group.paths - scope.chosen):
            lost.leave(group, "outside-paths", _outside(outside, shown))
        elif unseen := sorted(group.paths - shown.keys()):
            wrong += (_unseen(piece, unseen) for piece in group.pieces)
        elif path := _clash(group.pieces):
            wrong.append(_clashing(group.pieces[0], path))
        else:
            changes.append(group)
    changes = _wanted(lost.without(changes))
    built, conflicts = _free_of_conflicts([_change(group) for group in _named(changes)], scope)
    touched = {path for change in built for path in change.paths}
    baselines = {
        proposal.path: Baseline(proposal.path, proposal.sha256) for proposal in proposals if proposal.path in touched
    }
    told = {*skips, *(skip for skip in (*left, *conflicts) if skip.path in scope.chosen)}
    return ChangeSet(baselines, tuple(built), tuple(sorted(told)), tuple(sorted(set(wrong))))


@dataclass(frozen=True, slots=True)
class _Group:
    """The pieces that become one Change, with what they are called: `(codemod, group)`; nothing where one is alone."""

    keys: frozenset[Key]
    pieces: tuple[Piece, ...]

    @property
    def paths(self) -> set[str]:
        return {path for piece in self.pieces for path in (piece.path, *(need.path for need in piece.imports))}

    @property
    def served(self) -> set[Key]:
        return {(piece.codemod, group) for piece in self.pieces for group in piece.serves}

    @property
    def needs(self) -> set[Key]:
        return {(piece.codemod, need) for piece in self.pieces for need in piece.requires}


@dataclass(frozen=True, slots=True)
class _Named:
    id: str
    pieces: tuple[Piece, ...]
    requires: tuple[str, ...]


def _refused(proposals: Sequence[Proposal]) -> Mapping[Key, list[Skip]]:
    refused: dict[Key, list[Skip]] = defaultdict(list)
    for refusal in (refusal for proposal in proposals for refusal in proposal.refusals):
        refused[refusal.skip.codemod, refusal.group].append(refusal.skip)
    return refused


def _groups(proposals: Sequence[Proposal]) -> list[_Group]:
    """Put together the pieces of one group, and groups that share a piece; a piece without a group stands alone."""
    found: dict[int, tuple[set[Key], list[Piece]]] = {}
    home: dict[Key, int] = {}
    for number, piece in enumerate(piece for proposal in proposals for piece in proposal.pieces):
        keys = {(piece.codemod, group) for group in piece.groups}
        first, *others = sorted({home[key] for key in keys if key in home}) or [number]
        have = found.setdefault(first, (set(), []))
        for other in others:
            have[0].update(found[other][0])
            have[1].extend(found.pop(other)[1])
        have[0].update(keys)
        have[1].append(piece)
        home.update(dict.fromkeys(have[0], first))
    return [_Group(frozenset(keys), tuple(pieces)) for keys, pieces in found.values()]


def _wanted(groups: list[_Group]) -> list[_Group]:
    """Leave out what serves groups none of which is there."""
    there = {key for group in groups for key in group.keys}
    return [group for group in groups if not group.served or group.served & there]


class _Lost:
    """Groups that are left alone, with the rule and the reason; `skips` is where each of their places is reported."""

    def __init__(self, skips: list[Skip]) -> None:
        self._skips = skips
        self._why: dict[Key, tuple[str, str]] = {}

    def refuse(self, group: _Group, refusals: Iterable[Skip]) -> None:
        """Leave a group alone for the first of the reasons, at each of its places where none is reported yet."""
        told = {(skip.path, skip.line) for skip in refusals}
        first = min(refusals)
        self._tell([piece for piece in group.pieces if (piece.path, piece.line) not in told], first.rule, first.reason)

    def leave(self, group: _Group, rule: str, reason: str) -> None:
        """Leave a group alone; what requires it is, for the same reason."""
        self._why.update(dict.fromkeys(group.keys, (rule, reason)))
        self._tell(group.pieces, rule, reason)

    def without(self, groups: list[_Group]) -> list[_Group]:
        """Leave out, in turn, each group that requires one that is not there."""
        while True:
            there = {key for group in groups for key in group.keys}
            lost = [group for group in groups if group.needs - there]
            if not lost:
                return groups
            for group in lost:
                why = sorted(self._why[need] for need in group.needs - there if need in self._why)
                if why:
                    self.leave(group, *why[0])
                else:
                    self._tell(group.pieces, "requires", "requires a change that is left alone")
            groups = [group for group in groups if group not in lost]

    def _tell(self, pieces: Iterable[Piece], rule: str, reason: str) -> None:
        self._skips += (Skip(piece.codemod, piece.path, piece.line, rule, reason) for piece in pieces)


def _named(groups: Iterable[_Group]) -> list[_Named]:
    """Give each group an id that a later run gives it again: codemod, path, scope, ordinal."""
    counts: dict[str, int] = defaultdict(int)
    ids: dict[Key, str] = {}
    named = []
    for group in groups:
        first = min(group.pieces, key=lambda piece: (piece.path, piece.spans))
        stem = f"{first.codemod}:{first.path}:{first.scope or '<module>'}"
        counts[stem] += 1
        name = f"{stem}:{counts[stem]}"
        ids.update(dict.fromkeys(group.keys, name))
        named.append((name, group))
    return [
        _Named(name, group.pieces, tuple(sorted({ids[need] for need in group.needs} - {name}))) for name, group in named
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
        requires=named.requires,
        line=first.line,
    )


def _outside(outside: Sequence[str], shown: Mapping[str, bool]) -> str:
    """Say what to add to the paths: a file that is to be made has no name yet that could be given, but its folder."""
    names = {path if shown.get(path, True) else path.rpartition("/")[0] or "." for path in outside}
    return f"the change reaches beyond the given paths: add {', '.join(sorted(names))}"


def _unseen(piece: Piece, unseen: Sequence[str]) -> Problem:
    message = f"the codemod {piece.codemod} wants an import in {', '.join(unseen)}, which it was not shown; left alone"
    return Problem(piece.path, piece.line, "codemod", message)


def _clash(pieces: Sequence[Piece]) -> str | None:
    """Return a file in which pieces of one group replace the same bytes, which no Change can."""
    edits = sorted(Edit(piece.path, *span) for piece in pieces for span in piece.spans)
    return next((one.path for one, other in pairwise(edits) if one.path == other.path and other.start < one.end), None)


def _clashing(piece: Piece, path: str) -> Problem:
    message = f"the codemod {piece.codemod} gave edits for {path} that overlap, in one group; left alone"
    return Problem(piece.path, piece.line, "codemod", message)


def _free_of_conflicts(changes: list[Change], scope: Scope) -> tuple[list[Change], list[Skip]]:
    """Let the first of two overlapping changes stand, by place and codemod order; the other waits for the next run."""
    rank = {name: index for index, name in enumerate(scope.codemods)}
    ordered = sorted(changes, key=lambda change: (change.path, change.edits[0].start, rank[change.codemod], change.id))
    taken: dict[str, list[tuple[Edit, Change]]] = defaultdict(list)
    kept: list[Change] = []
    skips: list[Skip] = []
    for change in ordered:
        rival = next((other for edit in change.edits for have, other in taken[edit.path] if edit.overlaps(have)), None)
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
