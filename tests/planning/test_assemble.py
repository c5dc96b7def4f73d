"""Pieces of many files become Changes: whole, named, free of conflicts, inside the given paths."""

from __future__ import annotations

import ast
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenmod.apply import render
from greenmod.engine.work import Piece, Proposal, Refusal
from greenmod.model import Baseline, ChangeSet, Edit, ImportNeed, Problem, Safety, Skip
from greenmod.planning.assemble import Scope, assemble

BOTH = Scope(frozenset({"a.py", "b.py"}), ("one", "two"))


def piece(
    *spans: tuple[int, int, str],
    path: str = "a.py",
    codemod: str = "one",
    group: str | None = None,
    requires: tuple[str, ...] = (),
    line: int = 1,
) -> Piece:
    groups = (group,) if group else ()
    return Piece(codemod, path, groups, f"{codemod} {path}", "", Safety.SAFE, "f", line, spans, requires, ())


def plan(*pieces: Piece, scope: Scope = BOTH) -> ChangeSet:
    paths = sorted({piece.path for piece in pieces})
    return assemble(
        [Proposal(path, f"sha of {path}", tuple(p for p in pieces if p.path == path)) for path in paths], scope
    )


def test_piece_without_a_group_is_a_change_of_its_own() -> None:
    found = plan(piece((0, 1, "x")), piece((5, 6, "y")))
    assert [(change.id, change.edits) for change in found.changes] == [
        ("one:a.py:f:1", (Edit("a.py", 0, 1, "x"),)),
        ("one:a.py:f:2", (Edit("a.py", 5, 6, "y"),)),
    ]
    assert found.baselines == {"a.py": Baseline("a.py", "sha of a.py")}


def test_pieces_of_one_group_are_one_change_over_all_files() -> None:
    need = ImportNeed("b.py", "m", "n")
    one = replace(piece((7, 8, "x"), group="g", line=3), why="because", safety=Safety.UNSAFE)
    other = replace(piece((0, 0, "y"), path="b.py", group="g"), imports=(need,))
    (change,) = plan(one, other, piece((1, 2, "z"), path="b.py", codemod="two", group="g")).changes[:1]
    assert change.edits == (Edit("a.py", 7, 8, "x"), Edit("b.py", 0, 0, "y"))
    assert (change.title, change.why, change.safety, change.line) == ("one a.py; one b.py", "because", Safety.UNSAFE, 3)
    assert (change.imports, change.paths) == ((need,), ("a.py", "b.py"))


def test_leaves_out_what_serves_groups_that_are_not_there() -> None:
    served = replace(piece((5, 5, "y"), group="setup"), serves=("main", "other"))
    main = piece((0, 1, "x"), path="b.py", group="main")
    only_a = Scope(frozenset({"a.py"}), ("one",))
    assert [change.path for change in plan(served, main).changes] == ["a.py", "b.py"]
    left = plan(served, main, scope=only_a)
    assert (left.changes, left.skips) == ((), ())
    assert [skip.path for skip in plan(main, scope=only_a).skips] == []


def test_change_names_the_changes_it_requires() -> None:
    found = plan(piece((0, 1, "x"), group="base"), piece((5, 6, "y"), group="leaf", requires=("base",)))
    assert [change.requires for change in found.changes] == [(), ("one:a.py:f:1",)]
    assert [change.id for change in found.chosen({"one:a.py:f:2"})] == []


def test_requirement_may_stand_further_down() -> None:
    found = plan(piece((0, 1, "x"), requires=("late",)), piece((5, 6, "y"), path="b.py", group="late"))
    assert [change.requires for change in found.changes] == [("one:b.py:f:1",), ()]


def test_change_that_reaches_beyond_the_paths_is_a_skip_that_names_them() -> None:
    scope = Scope(frozenset({"a.py"}), ("one",))
    found = plan(piece((0, 1, "x"), group="g"), piece((0, 1, "x"), path="b.py", group="g"), scope=scope)
    assert found.changes == ()
    reason = "the change reaches beyond the given paths: add b.py"
    assert found.skips == (Skip("one", "a.py", 1, "outside-paths", reason),)


def test_change_outside_the_paths_is_nothing_at_all() -> None:
    assert plan(piece((0, 1, "x"), path="b.py"), scope=Scope(frozenset({"a.py"}), ("one",))) == ChangeSet()


def test_what_requires_a_lost_change_is_lost_too() -> None:
    pieces = (
        piece((0, 1, "x"), group="a", requires=("typing error",)),
        piece((5, 6, "y"), group="b", requires=("a",)),
        piece((8, 9, "z")),
    )
    found = plan(*pieces)
    assert [change.edits[0].start for change in found.changes] == [8]
    assert [(skip.rule, skip.line) for skip in found.skips] == [("requires", 1)]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((3, 6, "x"), (3, 6, "y")),
        ((3, 6, "x"), (5, 8, "y")),
        ((3, 6, "x"), (4, 4, "y")),
        ((3, 9, "x"), (4, 5, "y")),
        ((3, 3, "x"), (3, 3, "y")),
    ],
)
def test_first_of_two_that_overlap_stands(first: tuple[int, int, str], second: tuple[int, int, str]) -> None:
    found = plan(piece(second, codemod="two", line=7), piece(first))
    assert [change.codemod for change in found.changes] == ["one"]
    assert found.skips == (Skip("two", "a.py", 7, "conflict", "conflicts with one:a.py:f:1; run again after it"),)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((3, 6, "x"), (6, 8, "y")),
        ((3, 6, "x"), (3, 3, "y")),
        ((3, 6, "x"), (6, 6, "y")),
        ((3, 3, "x"), (4, 4, "y")),
    ],
)
def test_neighbours_do_not_conflict(first: tuple[int, int, str], second: tuple[int, int, str]) -> None:
    assert len(plan(piece(first), piece(second, codemod="two")).changes) == 2


def test_codemod_order_decides_where_two_begin_at_one_place() -> None:
    pieces = piece((3, 6, "x"), codemod="one"), piece((3, 6, "y"), codemod="two")
    found = plan(*pieces, scope=replace(BOTH, codemods=("two", "one")))
    assert [change.codemod for change in found.changes] == ["two"]


def test_conflict_takes_along_what_requires_the_loser() -> None:
    pieces = (
        piece((3, 6, "x"), codemod="one"),
        piece((4, 5, "y"), codemod="two", group="lost"),
        piece((9, 9, "z"), codemod="two", requires=("lost",), line=2),
    )
    found = plan(*pieces)
    assert [change.codemod for change in found.changes] == ["one"]
    assert [(skip.line, skip.rule) for skip in found.skips] == [(1, "conflict"), (2, "conflict")]


def test_skips_and_problems_are_sorted_and_told_once() -> None:
    skip, problem = Skip("one", "a.py", 2, "rule", "reason"), Problem("z.py", 1, "syntax", "message")
    proposals = [
        Proposal("b.py", None, problems=(problem,)),
        Proposal("a.py", "sha", skips=(skip, Skip("one", "a.py", 1, "rule", "reason"))),
        Proposal("c.py", "sha", skips=(Skip("one", "c.py", 1, "rule", "outside"),)),
    ]
    found = assemble(proposals, BOTH, skips=[skip], problems=[problem, Problem("b.py", 1, "syntax", "message")])
    assert [(skip.path, skip.line) for skip in found.skips] == [("a.py", 1), ("a.py", 2)]
    assert [problem.path for problem in found.problems] == ["b.py", "z.py"]


SPANS = st.tuples(st.integers(0, 20), st.integers(0, 3)).map(lambda pair: (pair[0], pair[0] + pair[1], "x"))


@given(spans=st.lists(SPANS, max_size=12))
def test_any_changes_that_stand_can_be_made_together(spans: list[tuple[int, int, str]]) -> None:
    spans = [span for span in spans if span[0] != span[1] or span[2]]
    found = plan(*(piece(span, codemod="one") for span in spans))
    assert len(found.changes) + len(list(found.skips)) >= bool(spans)
    taken: list[int] = []
    for change in found.changes:
        for edit in change.edits:
            taken += range(edit.start, edit.end)
    assert len(taken) == len(set(taken))
    data = b"0123456789" * 3
    after = render(found, found.ids, {"a.py": data}).after
    removed = len(taken)
    assert len(after.get("a.py") or data) == len(data) - removed + len(found.changes)


def test_nothing_proposed_is_nothing() -> None:
    assert assemble([], BOTH) == ChangeSet()
    assert ast.literal_eval(repr(dict(assemble([], BOTH).baselines))) == {}


def refusal(group: str, path: str = "a.py", line: int = 9, rule: str = "no-way", codemod: str = "one") -> Refusal:
    return Refusal(group, Skip(codemod, path, line, rule, f"{rule} at {line}"))


def refused(pieces: list[Piece], *refusals: Refusal, scope: Scope = BOTH) -> ChangeSet:
    paths = sorted({piece.path for piece in pieces} | {refusal.skip.path for refusal in refusals})
    proposals = [
        Proposal(
            path,
            f"sha of {path}",
            tuple(piece for piece in pieces if piece.path == path),
            refusals=tuple(refusal for refusal in refusals if refusal.skip.path == path),
        )
        for path in paths
    ]
    return assemble(proposals, scope)


def test_refused_group_is_left_alone_over_all_files_and_reported_once_per_line() -> None:
    pieces = [
        piece((0, 1, "x"), group="g", line=1),
        piece((2, 3, "x"), group="g", line=1),
        piece((9, 9, "x"), group="g", line=9),
        piece((0, 1, "x"), path="b.py", group="g", line=4),
        piece((5, 6, "y"), group="h", line=5),
        piece((7, 8, "y"), codemod="two", group="g", line=7),
    ]
    found = refused(pieces, refusal("g"))
    assert [change.edits[0].start for change in found.changes] == [5, 7]
    assert found.skips == tuple(Skip("one", path, line, "no-way", "no-way at 9") for path, line in _PLACES)


_PLACES = (("a.py", 1), ("a.py", 9), ("b.py", 4))


def test_group_refused_twice_says_why_at_each_place_and_the_first_reason_elsewhere() -> None:
    pieces = [piece((0, 1, "x"), path="b.py", group="g", line=4), piece((2, 2, "x"), path="b.py", group="g", line=6)]
    found = refused(pieces, refusal("g", line=3), refusal("g", "b.py", 6, "also-no"))
    assert [(skip.path, skip.line, skip.rule) for skip in found.skips] == [
        ("a.py", 3, "no-way"),
        ("b.py", 4, "no-way"),
        ("b.py", 6, "also-no"),
    ]


def test_what_requires_a_refused_group_is_left_alone_too() -> None:
    found = refused([piece((0, 1, "x"), group="g"), piece((2, 3, "x"), line=2, requires=("g",))], refusal("g"))
    assert found.changes == ()
    assert [(skip.line, skip.rule) for skip in found.skips] == [(1, "no-way"), (2, "requires"), (9, "no-way")]


def test_group_may_be_refused_before_anything_of_it_is_seen() -> None:
    found = refused([piece((0, 1, "x"))], refusal("nothing"))
    assert (len(found.changes), [skip.line for skip in found.skips]) == (1, [9])


def test_refusal_elsewhere_is_reported_at_the_chosen_places_only() -> None:
    found = refused([piece((0, 1, "x"), group="g")], refusal("g", "c.py"))
    assert [(skip.path, skip.rule) for skip in found.skips] == [("a.py", "no-way")]


def test_groups_that_share_a_piece_are_one_change() -> None:
    pieces = (
        piece((0, 1, "x"), group="g"),
        piece((0, 1, "x"), path="b.py", group="h"),
        replace(piece((2, 3, "x"), path="b.py"), groups=("g", "h")),
        piece((5, 6, "y"), path="b.py", requires=("h",)),
        piece((7, 8, "y"), path="b.py", group="h", requires=("g",)),
    )
    found = plan(*pieces)
    assert [(len(change.edits), change.requires) for change in found.changes] == [(4, ()), (1, ("one:a.py:f:1",))]
    assert refused(list(pieces), refusal("h")).changes == ()


def test_what_requires_a_change_beyond_the_paths_names_them() -> None:
    pieces = [
        piece((0, 1, "x"), path="setup.cfg", group="settings"),
        piece((0, 1, "x"), group="g", line=2, requires=("settings",)),
        piece((2, 3, "x"), line=3, requires=("g",)),
    ]
    reason = "the change reaches beyond the given paths: add setup.cfg"
    found = plan(*pieces)
    assert found.changes == ()
    assert found.skips == tuple(Skip("one", "a.py", line, "outside-paths", reason) for line in (2, 3))


def test_folder_is_named_for_a_file_that_is_to_be_made_beyond_the_paths() -> None:
    made = [piece((0, 0, "x"), path=path, group="g") for path in ("tests/new.py", "top.py")]
    proposals = [Proposal(one.path, None, (one,)) for one in made]
    found = assemble([Proposal("a.py", "sha", (piece((0, 1, "x"), group="g"),)), *proposals], BOTH)
    assert [skip.reason for skip in found.skips] == ["the change reaches beyond the given paths: add ., tests"]


def test_group_that_replaces_the_same_bytes_twice_is_a_problem() -> None:
    found = plan(piece((3, 6, "x"), group="g"), piece((5, 8, "y"), group="g"), piece((9, 9, "z")))
    assert [change.edits[0].start for change in found.changes] == [9]
    (problem,) = found.problems
    assert (problem.kind, "edits for a.py that overlap" in problem.message) == ("codemod", True)


def test_group_may_insert_twice_at_one_place() -> None:
    (change,) = plan(
        piece((3, 3, "x"), group="g"), piece((3, 3, "y"), group="g"), piece((3, 4, "z"), group="g")
    ).changes
    assert len(change.edits) == 3
