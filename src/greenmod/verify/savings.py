"""Which changes save SQL statements. Each of them must: what loads at once what nobody reads only costs.

Where one of them alone was run by a test that sends fewer, that test proves it. Where there are several, the books are
kept by query: what it loads lazily without them, less with them, less what it sends along instead, must come to what
the test sends less. What the books don't say is found by leaving changes out, half of them at a time. Pure over
the books and `count`, which must say the same each time it is asked the same.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from greenmod.verify.search import Requires, closed
from greenmod.verify.verification import Saving

Ids = frozenset[str]
# How many statements each test sends, None where it is red or a lazy load fails; of tests that are missing nothing is
# known.
Counts = Mapping[str, int | None]
# Counts some tests, run together and without others, with a set of changes.
Count = Callable[[Ids, frozenset[str]], Counts]


@dataclass(frozen=True, slots=True)
class Books:
    """What is known of two runs of all tests, `before` without the savers, `after` with them.

    `run` names the savers that each test may have run. `accounts` says by test how many statements each saver saves
    there by its queries, where the sum of them is right.
    """

    before: Counts
    after: Counts
    run: Mapping[str, Ids]
    accounts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def saving_tests(self) -> list[str]:
        """Return the tests that send fewer, or where nothing fails any more; those with the fewest savers first."""
        found = [test for test in self.after if self.saves(test)]
        return sorted(found, key=lambda test: (len(self.run.get(test, ())), test))

    def of_failures(self) -> Books:
        """Return what they say of tests where something failed before."""
        return Books({test: None for test, number in self.before.items() if number is None}, self.after, self.run)

    def saves(self, test: str) -> bool:
        return is_saving(test, self.before, self.after)


def is_saving(test: str, before: Counts, after: Counts) -> bool:
    """Tell whether a test sends fewer statements than before, or nothing fails in it any more."""
    old, new = before.get(test), after.get(test)
    return new is not None and test in before and (old is None or new < old)


def find_savings(
    savers: Sequence[str], kept: Collection[str], requires: Requires, books: Books, count: Count
) -> dict[str, Saving]:
    """Return those of the `savers` that save statements, each with the test that says so.

    `savers` are among the `kept` changes. Of n that neither tests nor books speak for, of which none saves anything, it
    asks twice; for each that does, at most 2 · log2 n times more.
    """
    found = _proven_by_books(savers, books)
    found = _upheld(found, kept, savers, requires, count)
    doubtful = [one for one in savers if one not in found]
    tests = frozenset(
        test for test in books.saving_tests() if not books.run.get(test, frozenset()).isdisjoint(doubtful)
    )
    if doubtful and tests:
        candidates = [one for one in doubtful if any(one in books.run.get(test, ()) for test in tests)]
        out = frozenset(doubtful).difference(candidates)
        _LeavingOut(kept, requires, tests, count).look(candidates, out, found)
    return found


def without(kept: Iterable[str], left_out: Collection[str], requires: Requires) -> Ids:
    """Return what stays of `kept` without some changes, and without what requires these."""
    return frozenset(one for one in kept if closed({one}, requires).isdisjoint(left_out))


def _proven_by_books(savers: Sequence[str], books: Books) -> dict[str, Saving]:
    found: dict[str, Saving] = {}
    for test in books.saving_tests():
        after, run = books.after[test], books.run.get(test, frozenset()).intersection(savers)
        if after is None:
            continue
        if len(run) == 1:
            found.setdefault(next(iter(run)), Saving(test, books.before.get(test), after))
        for one, saved in books.accounts.get(test, {}).items():
            if saved > 0 and one in run:
                found.setdefault(one, Saving(test, after + saved, after))
    return found


def _upheld(
    found: dict[str, Saving], kept: Collection[str], savers: Collection[str], requires: Requires, count: Count
) -> dict[str, Saving]:
    """Return those whose tests save again, run by themselves: what one run of a database leaves may help the next."""
    if not found:
        return found
    tests = frozenset(saving.test for saving in found.values())
    after, before = count(frozenset(kept), tests), count(without(kept, savers, requires), tests)
    return {one: saving for one, saving in found.items() if is_saving(saving.test, before, after)}


class _LeavingOut:
    """Leaves changes out, and sees whether any of `tests` is worse for it."""

    def __init__(self, kept: Collection[str], requires: Requires, tests: frozenset[str], count: Count) -> None:
        self._kept = frozenset(kept)
        self._requires = requires
        self._tests = tests
        self._count = count

    def look(self, rest: Sequence[str], out: Ids, found: dict[str, Saving]) -> Ids:
        """Find those of `rest` that are needed while all of `out` are gone; return the others with `out`."""
        if not rest:
            return out
        loss = self._loss(out, frozenset(rest))
        if loss is None:
            return out.union(rest)
        if len(rest) == 1:
            found[rest[0]] = loss
            return out
        middle = len(rest) // 2
        return self.look(rest[middle:], self.look(rest[:middle], out, found), found)

    def _loss(self, out: Ids, more: Ids) -> Saving | None:
        """Return a test that is worse without `more` than with them, while `out` are gone."""
        with_them = self._count(without(self._kept, out, self._requires), self._tests)
        without_them = self._count(without(self._kept, out | more, self._requires), self._tests)
        for test in sorted(self._tests):
            after = with_them.get(test)
            if after is not None and is_saving(test, without_them, with_them):
                return Saving(test, without_them[test], after)
        return None
