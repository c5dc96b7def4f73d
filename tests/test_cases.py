"""Every case of every codemod that comes with greenmod, proven as `greenmod test` does it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from greenmod.cases.case import Case, find_cases
from greenmod.cases.packages import missing_packages
from greenmod.cases.prove import prove
from greenmod.cases.runner import CaseRunner
from greenmod.registry import fixtures_folder

CASES = tuple(find_cases(fixtures_folder()))


@pytest.fixture(scope="module")
def runner() -> Iterator[CaseRunner]:
    with CaseRunner() as runner:
        yield runner


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_proves_every_case(case: Case, runner: CaseRunner) -> None:
    assert prove(case, runner) == []


def test_has_more_unchanged_cases_than_changed_ones() -> None:
    unchanged = sum(case.is_unchanged for case in CASES)

    assert unchanged > len(CASES) - unchanged


def test_has_the_packages_of_all_runnable_cases() -> None:
    assert {case.id: missing for case in CASES if case.run and (missing := missing_packages(case))} == {}
