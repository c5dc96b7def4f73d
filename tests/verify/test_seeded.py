"""The whole loop over `fixtures/projects/ferry`: a diff of good and bad hunks, for a suite with faults of its own.

What the tests see of the sea comes from here, so that they are flaky in the same way each time.
"""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from greenmod.model import Verdict
from greenmod.patches import read_diff
from greenmod.registry import fixtures_folder
from greenmod.verify import Counts, Outcome, Suite, Verification, verify

PROJECTS = fixtures_folder() / "projects"
# The water at each run: one test flips between the first two, another one only when the changes are there.
TIDES = {1: 3.1, 2: 1.9, 3: 5.2}

BROKEN, INCONCLUSIVE = Verdict.BROKEN, Verdict.INCONCLUSIVE
PASSED, FAILED, GONE = Outcome.PASSED, Outcome.FAILED, Outcome.GONE


@dataclass
class Quay:
    """Hears of each run before it starts, and sets the tide gauge."""

    gauge: Path
    told: list[str] = field(default_factory=list)
    runs: int = 0

    def tell(self, sentence: str) -> None:
        self.told.append(sentence)

    def begin(self, stage: str, total: int | None) -> None:
        self.runs += 1
        self.gauge.write_text(str(TIDES.get(self.runs, 2.5)))

    def advance(self, count: int = 1) -> None:
        pass


@pytest.fixture(scope="module")
def verification(bare_environment: None, tmp_path_factory: pytest.TempPathFactory) -> Verification:
    folder = tmp_path_factory.mktemp("seeded")
    root, gauge = folder / "ferry", folder / "gauge"
    shutil.copytree(PROJECTS / "ferry", root, ignore=shutil.ignore_patterns("__pycache__", ".*_cache"))
    patch = read_diff(root, (PROJECTS / "ferry.diff").read_bytes(), "ferry.diff")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("FERRY_TIDE_GAUGE", str(gauge))
        suite = Suite(root, python=Path(sys.executable), test_timeout=1.0)
        return verify(suite, patch.plan, patch.plan.ids, patch.render, Quay(gauge))


def test_keeps_exactly_the_good_hunks(verification: Verification) -> None:
    assert verification.kept == (
        "ferry/brochure.py:7",
        "ferry/brochure.py:15",
        "ferry/calendar.py:22",
        "ferry/deck.py:21",
        "ferry/fares.py:7",
        "ferry/fares.py:28",
        "ferry/fares.py:37",
        "ferry/fares.py:50",
        "ferry/manifest.py:25",
        "ferry/money.py:6",
        "ferry/ports.py:7",
        "ferry/post.py:1",
        "ferry/tickets.py:7",
    )


def test_convicts_each_bad_hunk_by_its_test(verification: Verification) -> None:
    dropped = [
        (one.id, one.conviction.verdict, one.conviction.test, one.conviction.before, one.conviction.after)
        for one in verification.dropped
    ]
    too_many = "tests/test_deck.py::test_refuses_a_van_behind_two_lorries"
    sunday, status = "test_calendar.py::test_does_not_sail_on_a_sunday", "test_harbour.py::test_rings_off_with_a_status"
    assert dropped == [
        ("ferry/calendar.py:13", INCONCLUSIVE, f"tests/{sunday}", PASSED, Outcome.TIMED_OUT),
        ("ferry/deck.py:13", BROKEN, too_many, PASSED, FAILED),
        ("ferry/fares.py:18", BROKEN, "tests/test_fares.py::test_a_child_pays_half", PASSED, FAILED),
        ("ferry/harbour.py:11", BROKEN, "tests/test_harbour.py::test_the_ship_is_still_there", PASSED, FAILED),
        ("ferry/harbour.py:20", INCONCLUSIVE, f"tests/{status}", PASSED, Outcome.CRASHED),
        ("ferry/manifest.py:5", BROKEN, "tests/test_manifest.py", GONE, Outcome.ERROR),
        ("ferry/notices.py:22", BROKEN, "tests/test_notices.py::test_shows_all_notices", PASSED, Outcome.UNAWAITED),
        ("ferry/vehicles.py:12", BROKEN, too_many, PASSED, FAILED),
        ("tests/test_money.py:3", BROKEN, "tests/test_money.py::test_shows_pounds_and_pence", PASSED, Outcome.SKIPPED),
    ]


def test_names_the_other_tests_that_a_hunk_breaks(verification: Verification) -> None:
    assert {one.id: one.conviction.also for one in verification.dropped if one.conviction.also} == {
        "ferry/fares.py:18": ("tests/test_fares.py::test_the_second_adult_of_a_family_pays_half",),
        "ferry/manifest.py:5": (
            "tests/test_manifest.py::test_lists_who_is_on_board",
            "tests/test_manifest.py::test_turns_away_one_too_many",
        ),
    }


def test_drops_together_what_is_wrong_only_together(verification: Verification) -> None:
    assert {one.id: one.together for one in verification.dropped if one.together} == {
        "ferry/deck.py:13": ("ferry/vehicles.py:12",),
        "ferry/vehicles.py:12": ("ferry/deck.py:13",),
    }


def test_says_in_words_what_went_wrong(verification: Verification) -> None:
    assert {one.id: one.conviction.message.partition("\n")[0] for one in verification.dropped} == {
        "ferry/calendar.py:13": "it took too long, and was ended",
        "ferry/deck.py:13": "AssertionError: assert not True",
        "ferry/fares.py:18": "assert 1240 == 620",
        "ferry/harbour.py:11": "AssertionError: assert 'at sea' == 'STR1'",
        "ferry/harbour.py:20": "the process ended under it (exit code 3)",
        "ferry/manifest.py:5": (
            "ImportError: cannot import name 'MOST_PASSENGERS' from 'ferry.manifest' (ferry/manifest.py)"
        ),
        "ferry/notices.py:22": "coroutine 'Board.chime' was never awaited",
        "ferry/vehicles.py:12": "AssertionError: assert not True",
        "tests/test_money.py:3": "Skipped: shown in euros soon",
    }


def test_names_the_test_that_proves_each_hunk(verification: Verification) -> None:
    assert verification.witnesses == {
        "ferry/calendar.py:22": "tests/test_calendar.py::test_crosses_twice_on_a_winter_day",
        "ferry/deck.py:21": "tests/test_deck.py::test_loads_the_heavy_ones_first",
        "ferry/fares.py:28": "tests/test_fares.py::test_a_passenger_of_65_is_a_senior",
        "ferry/fares.py:37": "tests/test_fares.py::test_the_second_adult_of_a_family_pays_half",
        "ferry/fares.py:50": "tests/test_fares.py::test_a_child_of_the_island_pays_as_any_child",
        "ferry/manifest.py:25": "tests/test_manifest.py::test_lists_who_is_on_board",
        "ferry/post.py:1": "tests/test_parcels.py::test_a_parcel_needs_a_stamp",
        "ferry/tickets.py:7": "tests/test_tickets.py::test_a_ticket_ends_with_its_check_digit",
    }


def test_calls_a_hunk_unproven_that_no_test_runs(verification: Verification) -> None:
    assert sorted(id for id, verdict in verification.verdicts.items() if verdict is Verdict.UNPROVEN) == [
        "ferry/brochure.py:15",
        "ferry/brochure.py:7",
        "ferry/fares.py:7",  # runs when its module is imported, before any test
        "ferry/money.py:6",
        "ferry/ports.py:7",
    ]


def test_tells_what_is_fixed_still_red_and_flaky(verification: Verification) -> None:
    assert verification.fixed == ("tests/test_fares.py::test_a_passenger_of_65_is_a_senior", "tests/test_parcels.py")
    assert verification.still_red == ("tests/test_calendar.py::test_the_timetable_is_for_last_year",)
    assert verification.flaky == (
        "tests/test_tide.py::test_the_pier_is_dry",
        "tests/test_tide.py::test_there_is_water_under_the_keel",
    )
    assert verification.unawaited == ()


def test_counts_before_and_after(verification: Verification) -> None:
    assert verification.before == Counts(passed=29, failed=2, error=1)
    assert verification.after == Counts(passed=32, failed=1)


def test_pairs_a_test_whose_id_a_good_hunk_changes(verification: Verification) -> None:
    assert [test.partition("[")[2] for test in verification.tests if "has_a_berth" in test] == [
        "Lyness]",
        "Scrabster]",
        "Stromness]",
    ]
