"""Pieces of many files become Changes: whole, named, free of conflicts, inside the given paths."""

from __future__ import annotations

import ast
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenmod.apply import render
from greenmod.engine.work import Piece, Proposal
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
    return Piece(codemod, path, group, f"{codemod} {path}", "", Safety.SAFE, "f", line, spans, requires, ())


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
