"""The search for culprits, against judges that know the answer."""

from __future__ import annotations

from math import ceil, log2
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from greenmod.verify.search import Culprit, Found, closed, search

Conflicts = list[frozenset[str]]


class CountingJudge:
    """Convicts any set that holds one of `conflicts` whole, and counts how often it had to think."""

    def __init__(self, conflicts: Conflicts) -> None:
        self.conflicts = conflicts
        self.asked: dict[frozenset[str], frozenset[str] | None] = {}

    def __call__(self, ids: frozenset[str]) -> frozenset[str] | None:
        if ids not in self.asked:
            self.asked[ids] = next((conflict for conflict in self.conflicts if conflict <= ids), None)
        return self.asked[ids]


def ids(number: int) -> list[str]:
    return [f"c{index:03}" for index in range(number)]


def free(number: int) -> dict[str, tuple[str, ...]]:
    return dict.fromkeys(ids(number), ())


@st.composite
def requirements(draw: st.DrawFn) -> dict[str, tuple[str, ...]]:
    """Changes that require each other at random, in circles too."""
    names = ids(draw(st.integers(1, 12)))
    needs = st.lists(st.sampled_from(names), max_size=2, unique=True)
    return {name: tuple(draw(needs)) for name in names}


@st.composite
def puzzles(draw: st.DrawFn) -> tuple[dict[str, tuple[str, ...]], Conflicts]:
    requires = draw(requirements())
    conflict = st.frozensets(st.sampled_from(list(requires)), min_size=1, max_size=3)
    return requires, draw(st.lists(conflict, max_size=3))


def test_keeps_everything_after_one_question_when_nothing_is_worse() -> None:
    judge = CountingJudge([])
    assert search(free(3), judge) == Found(("c000", "c001", "c002"), ())
    assert len(judge.asked) == 1


def test_asks_nothing_when_there_is_no_candidate() -> None:
    judge = CountingJudge([])
    assert search({}, judge) == Found((), ())
    assert judge.asked == {}


def test_drops_the_one_culprit_and_keeps_the_rest() -> None:
    found = search(free(4), CountingJudge([frozenset({"c002"})]))
    assert found == Found(("c000", "c001", "c003"), (Culprit(("c002",), (), frozenset({"c002"})),))


def test_drops_what_requires_the_culprit_and_keeps_what_it_requires() -> None:
    requires = {"dependent": ("culprit",), "culprit": ("need",), "need": (), "far": ("dependent",)}
    found = search(requires, CountingJudge([frozenset({"culprit"})]))
    assert found == Found(("need",), (Culprit(("culprit",), ("dependent", "far"), frozenset({"culprit"})),))


def test_drops_both_when_they_break_only_together() -> None:
    found = search(free(6), CountingJudge([frozenset({"c001", "c004"})]))
    assert found.kept == ("c000", "c002", "c003", "c005")
    assert [culprit.ids for culprit in found.culprits] == [("c001", "c004")]


def test_drops_a_circle_of_requirements_as_one() -> None:
    found = search({"a": ("b",), "b": ("a",), "c": ()}, CountingJudge([frozenset({"b"})]))
    assert found.kept == ("c",)
    assert sorted((*found.culprits[0].ids, *found.culprits[0].dependents)) == ["a", "b"]


def test_needs_few_questions_for_three_culprits_among_two_hundred() -> None:
    culprits = ("c007", "c100", "c199")
    judge = CountingJudge([frozenset({one}) for one in culprits])
    found = search(free(200), judge)
    assert [culprit.ids for culprit in found.culprits] == [("c007",), ("c100",), ("c199",)]
    assert len(judge.asked) <= 3 * (8 + 2) + 1


@given(puzzles())
def test_keeps_a_closed_set_that_was_judged_fine(puzzle: tuple[dict[str, tuple[str, ...]], Conflicts]) -> None:
    requires, conflicts = puzzle
    judge = CountingJudge(conflicts)
    found = search(requires, judge)
    kept = frozenset(found.kept)
    assert closed(kept, requires) == kept
    assert not kept or judge.asked[kept] is None


@given(puzzles())
def test_accounts_for_every_candidate_once(puzzle: tuple[dict[str, tuple[str, ...]], Conflicts]) -> None:
    requires, conflicts = puzzle
    found = search(requires, CountingJudge(conflicts))
    fallen = [one for culprit in found.culprits for one in (*culprit.ids, *culprit.dependents)]
    assert sorted((*found.kept, *fallen)) == sorted(requires)


@given(puzzles())
def test_convicts_the_least_that_shows_the_fault(puzzle: tuple[dict[str, tuple[str, ...]], Conflicts]) -> None:
    requires, conflicts = puzzle
    judge = CountingJudge(conflicts)
    for culprit in search(requires, judge).culprits:
        assert judge(closed(culprit.ids, requires)) == culprit.proof
        for one in culprit.ids:
            assert judge(closed(set(culprit.ids) - {one}, requires)) is None


@given(st.integers(1, 60), st.data())
def test_keeps_all_but_lone_culprits_in_few_questions(number: int, data: st.DataObject) -> None:
    guilty = data.draw(st.frozensets(st.sampled_from(ids(number)), max_size=4))
    judge = CountingJudge([frozenset({one}) for one in sorted(guilty)])
    found = search(free(number), judge)
    assert set(found.kept) == set(ids(number)) - guilty
    assert len(judge.asked) <= len(guilty) * (ceil(log2(number)) + 2) + 1


@given(requirements(), st.randoms(use_true_random=False))
def test_ends_when_the_answers_follow_no_pattern(requires: dict[str, tuple[str, ...]], random: Random) -> None:
    known: dict[frozenset[str], str | None] = {}

    def judge(asked: frozenset[str]) -> str | None:
        return known.setdefault(asked, random.choice(("worse", None)))

    found = search(requires, judge)
    assert not found.kept or known[frozenset(found.kept)] is None
    assert closed(found.kept, requires) == frozenset(found.kept)
