"""Search, judge and trials together, over suites that are imagined: what they come to is right whatever breaks."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from greenmod.verify.baseline import take_baseline
from greenmod.verify.compare import Worse
from greenmod.verify.judge import Judge, Symptom
from greenmod.verify.search import Found, closed, search
from greenmod.verify.transcript import Transcript

if TYPE_CHECKING:
    from tests.verify.conftest import Bench, Said

CHANGES = "abcdef"


@dataclass(frozen=True)
class Imagined:
    """A test that comes to `outcome` with all the changes of any of `conflicts`, perhaps only if all tests run."""

    conflicts: tuple[frozenset[str], ...]
    outcome: str
    needs_company: bool
    is_red: bool = False

    def outcome_of(self, content: str, is_whole: bool) -> str:
        if self.is_red:
            return "failed"
        is_broken = (is_whole or not self.needs_company) and any(ids <= {*content} for ids in self.conflicts)
        return self.outcome if is_broken else "passed"


SETS = st.frozensets(st.sampled_from(CHANGES), min_size=1, max_size=3)
OUTCOMES = st.sampled_from(["failed", "error", "unawaited", "timed out", "gone", "altered"])
TESTS = st.builds(Imagined, st.lists(SETS, max_size=2).map(tuple), OUTCOMES, st.booleans(), st.booleans())
# What each change may require: changes before it.
REQUIRES = st.fixed_dictionaries(
    {
        one: st.frozensets(st.sampled_from(CHANGES[:at]), max_size=1) if at else st.just(frozenset())
        for at, one in enumerate(CHANGES)
    }
)
SUSPECTS = st.frozensets(st.sampled_from(CHANGES))


def imagine(tests: list[Imagined], said: Said, content: str, only: frozenset[str] | None) -> Transcript:
    """Make the transcript of a run; a traffic that is altered is another path."""
    outcomes = {f"t{number}": test.outcome_of(content, only is None) for number, test in enumerate(tests)}
    asked = {name: outcome for name, outcome in outcomes.items() if only is None or name in only}
    return said(
        *(
            f"{name} {'passed' if outcome == 'altered' else outcome}"
            for name, outcome in asked.items()
            if outcome != "gone"
        ),
        traffic={name: "/new" if outcome == "altered" else "/old" for name, outcome in asked.items()},
    )


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(TESTS, min_size=1, max_size=4), REQUIRES, SUSPECTS, st.booleans())
def test_keeps_what_breaks_nothing_and_convicts_what_does(
    bench: type[Bench],
    said: Said,
    tests: list[Imagined],
    requires: dict[str, frozenset[str]],
    suspects: frozenset[str],
    is_repeated: bool,
) -> None:
    runs = bench()
    runs.answer = lambda content, only: imagine(tests, said, content, only)
    trials = runs.trials()
    baseline = take_baseline(trials, 100.0 if is_repeated else 0.0, runs.told.append)
    judge = Judge(trials, baseline, runs.told.append, lambda ids, run, sign: suspects)
    found: Found[Symptom, Worse] = search(requires, judge)

    kept = frozenset(found.kept)
    assert closed(kept, requires) == kept
    green = [test for test in tests if not test.is_red]
    assert not any(conflict <= kept for test in green for conflict in test.conflicts)
    assert judge.flaky == set()
    for culprit in found.culprits:
        test = tests[int(culprit.symptom.sign.test[1:])]
        shown = closed(culprit.ids, requires)
        assert any(conflict <= shown for conflict in test.conflicts)
        for one in culprit.ids:  # none of them is there in vain
            fewer = closed(set(culprit.ids) - {one}, requires)
            assert not any(conflict <= fewer for conflict in test.conflicts) or one in fewer
    assert kept.isdisjoint(one for culprit in found.culprits for one in (*culprit.ids, *culprit.dependents))
    # To see it twice is enough, and once more before each conviction.
    assert max(Counter(runs.asked).values()) <= 2 + len(found.culprits)
