"""Has the changes of some codemods prove that they save SQL statements: what costs more goes, and what saves none.

What was found once is looked at a second time, always in the company of the same tests: fixtures that several share
send their statements in whichever of them comes first.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from greenmod.model import Verdict
from greenmod.verify.books import count_statements, find_books, find_hidden_failures
from greenmod.verify.outcomes import Outcome, Run
from greenmod.verify.savings import Books, Counts, Ids, find_savings, without
from greenmod.verify.search import Found, Requires, closed, search
from greenmod.verify.trials import Trials
from greenmod.verify.verification import Conviction, Dropped, Saving

USELESS = "no test sends fewer statements with it"


@dataclass(frozen=True, slots=True)
class Proof:
    """Of the changes that had to save statements what `savings` prove, and what was `dropped`.

    `left` is all that stays, others included.
    """

    left: tuple[str, ...]
    savings: Mapping[str, Saving]
    dropped: tuple[Dropped, ...] = ()


@dataclass(frozen=True, slots=True)
class Costlier:
    """A passing test that sends more statements."""

    test: str
    before: int
    after: int


class Prover:
    """Asks `trials`; what `uncounted` tests send says nothing. `tell` hears of what is dropped."""

    def __init__(
        self,
        trials: Trials,
        requires: Requires,
        savers: Ids,
        uncounted: Collection[str],
        tell: Callable[[str], None],
    ) -> None:
        self._trials = trials
        self._requires = requires
        self._savers = savers
        self._uncounted = uncounted
        self._tell = tell
        self._counts: dict[tuple[Ids, frozenset[str]], Counts] = {}
        self._hidden: Mapping[str, str] = {}

    def prove(self, kept: Sequence[str], files: Mapping[str, str]) -> Proof:
        """Find what proves the savers among `kept`."""
        savers = [one for one in kept if one in self._savers]
        base, whole = without(kept, savers, self._requires), frozenset(kept)
        # What fails with and without the changes is not theirs to mend.
        lasting = find_hidden_failures(self._trials.run(whole))
        hidden = find_hidden_failures(self._trials.run(base))
        self._hidden = {test: failure for test, failure in hidden.items() if test not in lasting}
        # For what turns a red test green, or ends a failure that the application hid, a test may send more statements.
        cures = find_savings(savers, kept, self._requires, self.books(base, whole).of_failures(), self.count)
        spared = self.joined(whole, base, frozenset(cures))
        doubtful = [one for one in savers if one not in spared]
        needs = {one: tuple(sorted((closed({one}, self._requires) - {one}).intersection(doubtful))) for one in doubtful}
        found: Found[Costlier, Costlier] = search(needs, Waste(self, spared, whole), files)
        costly = [one for culprit in found.culprits for one in (*culprit.ids, *culprit.dependents)]
        rest = [one for one in kept if one in without(kept, costly, self._requires)]
        books = self.books(base, frozenset(rest))
        savers = [one for one in rest if one in self._savers]
        savings = find_savings(savers, rest, self._requires, books, self.count)
        useless = [one for one in savers if one not in savings]
        left = without(rest, useless, self._requires)
        convictions = {one: _costs(culprit.proof) for culprit in found.culprits for one in culprit.ids}
        convictions |= {
            one: Conviction(Verdict.UNPROVEN, "", Outcome.PASSED, Outcome.PASSED, USELESS) for one in useless
        }
        if useless:
            self._tell(f"Dropped {', '.join(sorted(useless))}: {USELESS}")
        return Proof(
            left=tuple(one for one in kept if one in left),
            savings={one: self._told(saving) for one, saving in savings.items() if one in left},
            dropped=tuple(self._dropped(one, convictions) for one in kept if one not in left),
        )

    def books(self, base: Ids, ids: Ids) -> Books:
        """Keep the books of runs of all tests."""
        before, after = self._trials.run(base), self._trials.run(ids)
        return find_books(before, after, self._savers & ids, self._trials.sites(ids), self._tally)

    def count(self, ids: Ids, tests: frozenset[str]) -> Counts:
        """Count the statements of some tests, run without others."""
        key = ids, tests
        if key not in self._counts:
            self._counts[key] = self.count_again(ids, tests)
        return self._counts[key]

    def count_again(self, ids: Ids, tests: frozenset[str]) -> Counts:
        """Do so in a run of its own."""
        traces = not tests.isdisjoint(self._hidden)
        return self._tally(self._trials.again(ids, tests, traces=traces))

    def _tally(self, run: Run) -> Counts:
        return count_statements(run, self._uncounted, self._hidden)

    def joined(self, kept: Ids, base: Ids, ids: Ids) -> Ids:
        """Return `base` and some savers, with what requires no other saver."""
        return without(kept, (self._savers & kept) - ids - base, self._requires)

    def tell_dropped(self, ids: Collection[str], symptom: Costlier, left: int) -> None:
        told = f"{symptom.test} ({symptom.before} → {symptom.after} statements)"
        self._tell(f"Dropped {', '.join(sorted(ids))}: {told}; {left:,} left")

    def _told(self, saving: Saving) -> Saving:
        is_hidden = saving.before is None and saving.test in self._hidden
        return replace(saving, failure=self._hidden[saving.test]) if is_hidden else saving

    def _dropped(self, one: str, convictions: Mapping[str, Conviction]) -> Dropped:
        if one in convictions:
            return Dropped(one, convictions[one])
        needs = next(need for need in sorted(closed({one}, self._requires)) if need in convictions)
        return Dropped(one, convictions[needs], needs=needs)


class Waste:
    """Says which tests send more statements with some savers than with the `base` alone; a judge for `search`."""

    def __init__(self, prover: Prover, base: Ids, kept: Ids) -> None:
        self._prover = prover
        self._base = base
        self._kept = kept
        self._company: frozenset[str] = frozenset()
        self._dismissed: set[str] = set()
        self._run: Mapping[str, Ids] = {}

    def symptoms(self, ids: Ids) -> Sequence[Costlier]:
        books = self._prover.books(self._base, self._with(ids))
        grown = frozenset(one.test for one in _costlier(books.before, books.after)) - self._dismissed
        if not grown:
            return ()
        self._company, self._run = grown, books.run
        # The other way round: what grows with each run that a database has seen is not the changes' doing.
        after = self._prover.count_again(self._with(ids), grown)
        before = self._prover.count_again(self._base, grown)
        return _costlier(before, after)

    def left(self, ids: Ids, symptoms: Sequence[Costlier]) -> Sequence[Costlier]:
        there = {one.test for one in self._look(ids)}
        return [one for one in symptoms if one.test in there]

    def shows(self, ids: Ids, symptom: Costlier) -> Costlier | None:
        return next((one for one in self._look(ids) if one.test == symptom.test), None)

    def upholds(self, ids: Ids, symptom: Costlier) -> bool:
        after = self._prover.count_again(self._with(ids), self._company)
        before = self._prover.count_again(self._base, self._company)
        return any(one.test == symptom.test for one in _costlier(before, after))

    def suspects(self, symptom: Costlier) -> Collection[str]:
        return self._run.get(symptom.test, ())

    def dismiss(self, symptom: Costlier) -> None:
        self._dismissed.add(symptom.test)

    def convict(self, ids: Ids, symptom: Costlier, left: int) -> None:
        self._prover.tell_dropped(ids, symptom, left)

    def _look(self, ids: Ids) -> Sequence[Costlier]:
        before = self._prover.count(self._base, self._company)
        return _costlier(before, self._prover.count(self._with(ids), self._company))

    def _with(self, ids: Ids) -> Ids:
        """Return the base and some savers, and what requires nothing else."""
        return self._prover.joined(self._kept, self._base, ids)


def _costlier(before: Counts, after: Counts) -> list[Costlier]:
    pairs = ((test, before.get(test), number) for test, number in sorted(after.items()))
    return [Costlier(test, old, new) for test, old, new in pairs if old is not None and new is not None and new > old]


def _costs(proof: Costlier) -> Conviction:
    told = f"{proof.before} → {proof.after} statements"
    return Conviction(Verdict.BROKEN, proof.test, Outcome.PASSED, Outcome.COSTLIER, told)
