"""How plans of several rounds become one; a stand-in answers for the tests, whose real ones are in `tests/cli`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import cast

import pytest

from greenmod.apply import Renderer
from greenmod.facts.evidence.observation import NO_EVIDENCE, Evidence, Observation, Phase
from greenmod.model import Baseline, Change, ChangeSet, Edit, Safety, Skip, Verdict
from greenmod.rounds import MOST_ROUNDS, Draft, Outcome, plan_by_rounds
from greenmod.verify import Conviction, Dropped, Verification, Verifier
from greenmod.verify import Outcome as Became


def change(
    name: str, start: int, text: str = "new", *, end: int | None = None, requires: tuple[str, ...] = ()
) -> Change:
    edit = Edit("a.py", start, start + 1 if end is None else end, text)
    return Change(name, "one", name, "", Safety.SAFE, (edit,), requires=requires, line=start)


def seen(message: str) -> Observation:
    return Observation("test_a.py::test", Phase.CALL, "TypeError", message)


def found(kept: str, fixed: str = "", *dropped: Dropped, red: str = "still") -> Verification:
    return Verification(
        tuple(kept.split()),
        dropped,
        {**dict.fromkeys(kept.split(), Verdict.UNPROVEN), **{one.id: Verdict.BROKEN for one in dropped}},
        tuple(fixed.split()),
        tuple(red.split()),
    )


def dropped(name: str, *, needs: str | None = None) -> Dropped:
    return Dropped(name, Conviction(Verdict.BROKEN, "t", Became.PASSED, Became.FAILED, "no"), needs=needs)


@dataclass
class Answer:
    """What the tests say of an attempt, and in the end."""

    first: Verification
    last: Verification

    def unproven(self) -> Verification:
        return self.first

    def proven(self) -> Verification:
        return self.last


@dataclass
class Script:
    """Plans, and what the tests say of each: a round after another."""

    plans: Sequence[Sequence[Change]]
    answers: Sequence[Verification]
    skips: tuple[Skip, ...] = ()
    asked: list[frozenset[str]] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    known: list[Evidence] = field(default_factory=list)
    proof: Verification | None = None

    def plan(self, evidence: Evidence) -> ChangeSet:
        self.known.append(evidence)
        number = min(len(self.known), len(self.plans)) - 1
        return ChangeSet({"a.py": Baseline("a.py", "sha")}, tuple(self.plans[number]), self.skips)

    def draft(self, plan: ChangeSet) -> Draft:
        return Draft(plan, {"a.py": b""}, Renderer(plan, {"a.py": b""}))

    def evidence(self, ids: frozenset[str] = frozenset()) -> Evidence:
        return Evidence((seen(f"with {len(self.asked)}"),), {"a.py": "sha"})

    def attempt(self, changes: ChangeSet, ids: frozenset[str], render: object) -> Answer:
        self.asked.append(frozenset(one.id for one in changes.chosen(ids)))
        answer = self.answers[len(self.asked) - 1]
        return Answer(answer, self.proof or answer)

    def run(self, given: Evidence = NO_EVIDENCE) -> Outcome:
        return plan_by_rounds(self, cast(Verifier, self), given, self.told.append)


def verified(outcome: Outcome) -> Verification:
    assert outcome.verification is not None
    return outcome.verification


A, B, C = change("one:a.py:f:1", 10), change("one:a.py:f:2", 20), change("one:a.py:f:3", 30)
A2 = change("one:a.py:f:1", 10, "better")


def test_plans_with_all_that_is_known() -> None:
    script = Script([[A], [A, B]], [found(A.id), found(f"{A.id} {B.id}", "t", red="")])
    outcome = script.run(Evidence((seen("given"),)))
    messages = [[(one.message, one.round) for one in evidence.observations] for evidence in script.known]
    assert messages == [[("given", 0), ("with 0", 0)], [("given", 0), ("with 0", 0), ("with 1", 1)]]
    assert script.asked == [{A.id}, {A.id, B.id}]
    assert outcome.draft.plan.changes == (A, B)
    assert outcome.evidence == script.known[1]


@pytest.mark.parametrize(
    ("plans", "answers"),
    [
        ([[]], []),  # nothing to verify
        ([[A]], [found("", "", dropped(A.id))]),  # nothing stays
        ([[A]], [found(A.id, "t", red="")]),  # nothing is red
        ([[A], [A]], [found(A.id)]),  # nothing new
    ],
)
def test_ends_where_another_round_could_tell_nothing(
    plans: Sequence[Sequence[Change]], answers: Sequence[Verification]
) -> None:
    script = Script(plans, answers)
    outcome = script.run()
    assert outcome.draft.plan.changes == tuple(plans[0])
    assert outcome.verification == (answers[0] if answers else None)
    assert len(script.asked) == len(answers)


def test_drops_in_the_end_what_proves_to_be_useless() -> None:
    useless = replace(dropped(B.id), conviction=Conviction(Verdict.UNPROVEN, "", Became.PASSED, Became.PASSED, "no"))
    script = Script([[A, B], [A, B, C]], [found(f"{B.id}", "", dropped(A.id)), found(f"{B.id} {C.id}", red="")])
    script.proof = found(C.id, "", useless)

    outcome = script.run()

    assert script.asked == [{A.id, B.id}, {B.id, C.id}]
    assert verified(outcome).kept == (C.id,)
    assert [one.id for one in verified(outcome).dropped] == [A.id, B.id]
    assert verified(outcome).verdicts[A.id] is Verdict.BROKEN


def test_ends_after_some_rounds_whatever_is_proposed() -> None:
    plans = [[change(f"one:a.py:f:{n}", 10 * n) for n in range(1, rounds + 1)] for rounds in range(1, MOST_ROUNDS + 3)]
    script = Script(plans, [found(" ".join(one.id for one in plan)) for plan in plans])
    assert len(script.run().draft.plan.changes) == len(script.asked) == MOST_ROUNDS


def test_puts_a_better_change_in_the_place_of_an_earlier_one() -> None:
    script = Script([[A, B], [A2, B]], [found(f"{A.id} {B.id}"), found(f"{A.id} {B.id}", "t", red="")])
    assert script.run().draft.plan.changes == (A2, B)


def test_keeps_what_is_not_proposed_any_more_under_an_id_of_its_own() -> None:
    later = change("one:a.py:f:1", 30)
    skips = (Skip("one", "a.py", 10, "rule", "why not"), Skip("one", "a.py", 11, "rule", "why not"))
    script = Script([[A], [later]], [found(A.id), found("one:a.py:f:1 one:a.py:f:2", "t", red="")], skips)
    plan = script.run().draft.plan
    assert [(one.id, one.edits) for one in plan.changes] == [("one:a.py:f:2", A.edits), ("one:a.py:f:1", later.edits)]
    assert plan.skips == skips[1:]  # the site is changed


def test_lets_requirements_follow_to_new_ids() -> None:
    first, second = change("one:a.py:f:1", 10), change("one:a.py:f:2", 20, requires=("one:a.py:f:1",))
    later = change("one:a.py:f:1", 30)
    all_of_them = "one:a.py:f:1 one:a.py:f:2 one:a.py:f:3"
    script = Script([[first, second], [later]], [found(f"{first.id} {second.id}"), found(all_of_them, red="")])
    changes = script.run().draft.plan.changes
    assert [(one.id, one.edits, one.requires) for one in changes] == [
        ("one:a.py:f:2", first.edits, ()),
        ("one:a.py:f:3", second.edits, ("one:a.py:f:2",)),
        ("one:a.py:f:1", later.edits, ()),
    ]


def test_does_not_try_again_what_was_dropped() -> None:
    needing = change("one:a.py:f:4", 40, requires=(A.id,))
    script = Script(
        [[A, B], [A, B, C, needing]],
        [found(B.id, "", dropped(A.id)), found(f"{B.id} {C.id}", "t", red="")],
    )
    outcome = script.run()
    assert script.asked == [{A.id, B.id}, {B.id, C.id}]
    assert [(one.id, one.needs) for one in verified(outcome).dropped] == [(A.id, None), ("one:a.py:f:4", A.id)]
    assert verified(outcome).verdicts == {
        A.id: Verdict.BROKEN,
        B.id: Verdict.UNPROVEN,
        C.id: Verdict.UNPROVEN,
        "one:a.py:f:4": Verdict.BROKEN,
    }


def test_does_not_count_a_round_that_loses_a_test() -> None:
    script = Script([[A], [A2, B]], [found(A.id, "first"), found(f"{A.id} {B.id}", "second")])
    outcome = script.run()
    assert outcome.draft.plan.changes == (A,)
    assert verified(outcome).fixed == ("first",)
    assert script.told[-1] == "Round 2 does not count: it does not turn green what the one before did"
