"""Tests that go by another id after a change: parameters whose ids are made from what was changed. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TypeVar

from greenmod.verify.outcomes import Record, Result, Run, Sign, outweighs

Evidence = TypeVar("Evidence")


def pair_renamed(before: Iterable[str], after: Iterable[str]) -> dict[str, str]:
    """Map new test ids to the ids that they had.

    Of one function, ids that are gone and ids that are new belong together in their order, if there are as many of
    each. One test that became several (`test` → `test[asyncio]`, `test[trio]`) is all of them.
    """
    old, new = list(before), list(after)
    kept = {*old} & {*new}
    lost, fresh = _by_function(old, kept), _by_function(new, kept)
    names: dict[str, str] = {}
    for function, ids in fresh.items():
        gone = lost.get(function, [])
        if len(gone) == len(ids):
            names.update(zip(ids, gone, strict=True))
        elif len(gone) == 1:
            names.update(dict.fromkeys(ids, gone[0]))
    return names


def rename(run: Run, names: Mapping[str, str]) -> Run:
    """Return a run as if its tests had kept their ids; of several that were one, the worst outcome counts."""
    if not names:
        return run
    record = run.record
    results: dict[Sign, Result] = {}
    for sign, result in record.results.items():
        known = replace(sign, test=names.get(sign.test, sign.test))
        if known not in results or outweighs(result, results[known]):
            results[known] = result
    seconds: dict[str, float] = defaultdict(float)
    for test, took in record.seconds.items():
        seconds[names.get(test, test)] += took
    return replace(run, record=_with_names(replace(record, results=results, seconds=dict(seconds)), names))


def _with_names(record: Record, names: Mapping[str, str]) -> Record:
    return replace(
        record,
        running=tuple(names.get(test, test) for test in record.running),
        collected=tuple(dict.fromkeys(names.get(test, test) for test in record.collected)),
        traffic=_of_first(record.traffic, names),
        statements=_of_first(record.statements, names),
        arranged=_of_first(record.arranged, names),
        executed=_of_first(record.executed, names),
        failures=_of_first(record.failures, names),
        loads=_of_first(record.loads, names),
        eager=_of_first(record.eager, names),
    )


def _of_first(evidence: Mapping[str, Evidence], names: Mapping[str, str]) -> dict[str, Evidence]:
    """Of tests that were one, each did what that did: the first speaks for all."""
    found: dict[str, Evidence] = {}
    for test, said in evidence.items():
        found.setdefault(names.get(test, test), said)
    return found


def _by_function(ids: Iterable[str], kept: set[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for test in ids:
        if test not in kept and "::" in test:
            found[test.partition("[")[0]].append(test)
    return found
