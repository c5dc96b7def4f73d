"""The books of two runs: how many statements each test sends, and which savers' queries it is for that it sends fewer.

A query is known again in a changed file by its function and its entity. Pure over the runs.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator

from greenmod.facts.evidence.loads import QuerySite
from greenmod.verify.outcomes import Outcome, Record, Run
from greenmod.verify.savings import Books, Counts, Ids
from greenmod.verify.sites import Sites

_RED = frozenset({Outcome.FAILED, Outcome.ERROR})
# File, function and entity of a query.
Key = tuple[str, str, str]


def find_books(before: Run, after: Run, savers: Ids, sites: Sites, count: Callable[[Run], Counts]) -> Books:
    """Keep the books of a run without `savers`, and of one with them whose lines are at `sites`."""
    counts, now = count(before), count(after)
    run = find_runners(after.record, savers, sites)
    accounts = {}
    owners = _owners(after.record, savers, sites)
    for test in after.passed & before.passed & run.keys():
        old, new = counts.get(test), now.get(test)
        if old is None or new is None:
            continue
        saved = _balance(before.record, test)
        saved.subtract(_balance(after.record, test))
        by_saver: Counter[str] = Counter()
        for key, number in saved.items():
            if len(owners.get(key, ())) == 1:
                by_saver[next(iter(owners[key]))] += number
        if by_saver and sum(by_saver.values()) == old - new:
            accounts[test] = dict(by_saver)
    return Books(counts, now, run, accounts)


def count_statements(run: Run, uncounted: Collection[str], hiding: Collection[str]) -> Counts:
    """Return how many statements the tests of a run sent; of tests that neither passed nor failed nothing is known.

    It is None of those that are red, and of those among `hiding` that a lazy load fails in: what comes after it was not
    sent.
    """
    found: dict[str, int | None] = dict.fromkeys(run.passed)
    found = {test: len(run.record.statements.get(test, ())) for test in found}
    red = (sign.test for sign, one in run.record.results.items() if one.outcome in _RED and not sign.coroutine)
    found |= dict.fromkeys((*red, *(test for test in find_hidden_failures(run) if test in hiding)))
    return {test: number for test, number in found.items() if test not in uncounted}


def find_hidden_failures(run: Run) -> dict[str, str]:
    """Return the tests that pass though a lazy load of a known query's rows fails in them, and how it fails."""
    return {
        test: load.failure
        for test, loads in run.record.loads.items()
        for load in loads
        if load.failure and load.query is not None and not load.is_column and test in run.passed
    }


def find_runners(record: Record, savers: Ids, sites: Sites) -> dict[str, Ids]:
    """Return which savers each test may have run: also those whose lines ran, or might have, while nothing looked."""
    seen = {id for found in record.executed.values() for site in found for id in sites.changes_of(site)}
    hidden = {id for site in record.imported for id in sites.changes_of(site)}
    hidden |= savers - seen if record.blind else set()
    tests = {sign.test for sign in record.results if not sign.coroutine and not sign.is_traffic}
    return {
        test: savers.intersection(
            hidden.union(id for site in record.executed.get(test, ()) for id in sites.changes_of(site))
        )
        for test in tests
    }


def _balance(record: Record, test: str) -> Counter[Key]:
    """Return what each query of a test cost besides itself."""
    found: Counter[Key] = Counter()
    for load in record.loads.get(test, ()):
        if load.query is not None and not load.failure:
            found[_key(load.query)] += load.count
    for query, number in record.eager.get(test, ()):
        found[_key(query)] += number
    return found


def _owners(record: Record, savers: Ids, sites: Sites) -> dict[Key, set[str]]:
    """Return by query the savers that wrote its lines."""
    found: dict[Key, set[str]] = defaultdict(set)
    for query in _queries(record):
        for first, last, site in sites.by_path.get(query.path, ()):
            if first <= (query.end_line or query.line) and query.line <= max(first, last):
                found[_key(query)] |= savers.intersection(sites.changes_of(site))
    return found


def _queries(record: Record) -> Iterator[QuerySite]:
    for loads in record.loads.values():
        yield from (load.query for load in loads if load.query is not None)
    for rows in record.eager.values():
        yield from (query for query, _ in rows)


def _key(query: QuerySite) -> Key:
    return query.path, query.function, query.entity
