"""The search for culprits, against judges that know the answer."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from math import ceil, log2
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenmod.verify.search import Culprit, Found, closed, search

Conflicts = list[frozenset[str]]


class CountingJudge:
    """Finds in any set those of `conflicts` that it holds whole, and counts how often it had to think.

    A conflict is a symptom, and its own proof. `hints` names suspects by conflict.
    """

    def __init__(self, conflicts: Conflicts, hints: Mapping[frozenset[str], Collection[str]] | None = None) -> None:
        self.conflicts = conflicts
        self.hints = hints or {}
        self.asked: set[tuple[frozenset[str], frozenset[str] | None]] = set()
        self.judged: list[frozenset[str]] = []

    def symptoms(self, ids: frozenset[str]) -> list[frozenset[str]]:
        self.judged.append(ids)
        return self.left(ids, self.conflicts)

    def left(self, ids: frozenset[str], symptoms: Sequence[frozenset[str]]) -> list[frozenset[str]]:
        self.asked.add((ids, None))
        return [symptom for symptom in symptoms if symptom <= ids]

    def shows(self, ids: frozenset[str], symptom: frozenset[str]) -> frozenset[str] | None:
        self.asked.add((ids, symptom))
        return symptom if symptom <= ids else None

    def upholds(self, ids: frozenset[str], symptom: frozenset[str]) -> bool:
        return True

    def suspects(self, symptom: frozenset[str]) -> Collection[str]:
        return self.hints.get(symptom, ())

    def dismiss(self, symptom: frozenset[str]) -> None:
        raise AssertionError

    def convict(self, ids: frozenset[str], symptom: frozenset[str], left: int) -> None:
        pass


class MoodyJudge(CountingJudge):
    """Answers each new question as it likes, and remembers the answer."""

    def __init__(self, random: Random) -> None:
        super().__init__([frozenset({"a"}), frozenset({"b"})])
        self.random = random
        self.known: dict[object, bool] = {}
        self.dismissed: list[frozenset[str]] = []

    def left(self, ids: frozenset[str], symptoms: Sequence[frozenset[str]]) -> list[frozenset[str]]:
        return [symptom for symptom in symptoms if symptom not in self.dismissed and self.shows(ids, symptom)]

    def shows(self, ids: frozenset[str], symptom: frozenset[str]) -> frozenset[str] | None:
        return symptom if self.known.setdefault((ids, symptom), self.random.choice((True, False))) else None

    def upholds(self, ids: frozenset[str], symptom: frozenset[str]) -> bool:
        return self.random.choice((True, False))

    def dismiss(self, symptom: frozenset[str]) -> None:
        self.dismissed.append(symptom)


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
    assert not judge.asked


def test_drops_the_one_culprit_and_keeps_the_rest() -> None:
    found = search(free(4), CountingJudge([frozenset({"c002"})]))
    one = frozenset({"c002"})
    assert found == Found(("c000", "c001", "c003"), (Culprit(("c002",), (), one, one, (one,)),))


def test_drops_what_requires_the_culprit_and_keeps_what_it_requires() -> None:
    requires = {"dependent": ("culprit",), "culprit": ("need",), "need": (), "far": ("dependent",)}
    found = search(requires, CountingJudge([frozenset({"culprit"})]))
    one = frozenset({"culprit"})
    assert found == Found(("need",), (Culprit(("culprit",), ("dependent", "far"), one, one, (one,)),))


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
    assert len(judge.asked) <= 3 * (8 + 3) + 2


def test_asks_about_suspects_first() -> None:
    one = frozenset({"c100"})
    judge = CountingJudge([one], {one: ("c099", "c100")})
    assert [culprit.ids for culprit in search(free(200), judge).culprits] == [("c100",)]
    # All, the two suspects, the first of them, the culprit alone, and all but the culprit.
    assert len(judge.asked) <= 6


def test_looks_further_when_no_suspect_is_the_culprit() -> None:
    one = frozenset({"c100"})
    judge = CountingJudge([one], {one: ("c001", "c002")})
    assert [culprit.ids for culprit in search(free(200), judge).culprits] == [("c100",)]


class NeedyJudge(CountingJudge):
    """Also finds worse what one change does without another one, though nothing says that it requires it."""

    def __init__(self, conflicts: Conflicts, needy: str, needed: str) -> None:
        super().__init__(conflicts)
        self.needy, self.needed = needy, needed

    def left(self, ids: frozenset[str], symptoms: Sequence[frozenset[str]]) -> list[frozenset[str]]:
        return [symptom for symptom in symptoms if self.shows(ids, symptom)]

    def shows(self, ids: frozenset[str], symptom: frozenset[str]) -> frozenset[str] | None:
        lacks = self.needy in ids and self.needed not in ids
        return symptom if symptom <= ids or lacks else None


@pytest.mark.parametrize(
    ("needy", "needed", "wrong"), [("a", "b", "c"), ("a", "c", "b"), ("b", "a", "c"), ("b", "c", "a"), ("c", "a", "b")]
)
def test_keeps_changes_that_need_each_other_beside_a_wrong_one(needy: str, needed: str, wrong: str) -> None:
    judge = NeedyJudge([frozenset({wrong})], needy, needed)
    found = search({"a": (), "b": (), "c": ()}, judge)
    assert found.kept == tuple(sorted((needy, needed)))
    assert [culprit.ids for culprit in found.culprits] == [(wrong,)]


@given(puzzles())
def test_keeps_a_closed_set_that_was_judged_fine(puzzle: tuple[dict[str, tuple[str, ...]], Conflicts]) -> None:
    requires, conflicts = puzzle
    judge = CountingJudge(conflicts)
    found = search(requires, judge)
    kept = frozenset(found.kept)
    assert closed(kept, requires) == kept
    assert not kept or (judge.judged[-1] == kept and not judge.left(kept, conflicts))


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
        assert judge.shows(closed(culprit.ids, requires), culprit.symptom) == culprit.proof
        for one in culprit.ids:
            assert judge.shows(closed(set(culprit.ids) - {one}, requires), culprit.symptom) is None


@given(st.integers(1, 60), st.data())
def test_keeps_all_but_lone_culprits_in_few_questions(number: int, data: st.DataObject) -> None:
    guilty = data.draw(st.frozensets(st.sampled_from(ids(number)), max_size=4))
    judge = CountingJudge([frozenset({one}) for one in sorted(guilty)])
    found = search(free(number), judge)
    assert set(found.kept) == set(ids(number)) - guilty
    assert len(judge.asked) <= len(guilty) * (ceil(log2(number)) + 3) + 2


@given(requirements(), st.randoms(use_true_random=False))
def test_ends_when_the_answers_follow_no_pattern(requires: dict[str, tuple[str, ...]], random: Random) -> None:
    judge = MoodyJudge(random)
    found = search(requires, judge)
    assert closed(found.kept, requires) == frozenset(found.kept)
    assert not found.kept or not judge.left(frozenset(found.kept), judge.conflicts)


class WholeFileJudge(CountingJudge):
    """Its symptom is hidden by a file of which some candidates are there and others are not."""

    def shows(self, ids: frozenset[str], symptom: frozenset[str]) -> frozenset[str] | None:
        is_half = len(ids.intersection(HUNKS)) not in (0, len(HUNKS))
        return None if is_half else super().shows(ids, symptom)


HUNKS = ("test.py:1", "test.py:2", "test.py:3", "test.py:4", "test.py:5")


@pytest.mark.parametrize("culprit", ["app.py:1", "zoo.py:1"])
def test_tries_whole_files_before_parts_of_them(culprit: str) -> None:
    names = sorted((culprit, *HUNKS))
    judge = WholeFileJudge([frozenset({culprit})])
    found = search(dict.fromkeys(names, ()), judge, {name: name.partition(":")[0] for name in names})
    assert found.kept == HUNKS
    assert [one.ids for one in found.culprits] == [(culprit,)]
