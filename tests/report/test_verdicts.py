"""What people read about a verification, from results given as data."""

from __future__ import annotations

from dataclasses import replace

from greenmod.apply import Rendering
from greenmod.facts.evidence.loads import Hop, LazyLoad, QuerySite
from greenmod.facts.evidence.observation import Frame
from greenmod.model import Change, ChangeSet, Edit, Safety, Verdict
from greenmod.report.report import Report
from greenmod.report.verdicts import verification_text
from greenmod.verify import Conviction, Counts, Dropped, Outcome, Saving, Verification


def change(id: str) -> Change:
    return Change(id, "codemod", f"Rename {id}", "", Safety.SAFE, (Edit("a.py", 0, 1, "b"),))


def text(verification: Verification) -> list[str]:
    changes = tuple(map(change, "abcdef"))
    plan = ChangeSet(changes=changes)
    report = Report(plan, frozenset(), Rendering(), {}, 0, 0.0, verification=verification)
    return "".join(verification_text(report)).splitlines()


BROKEN = Conviction(Verdict.BROKEN, "t.py::test", Outcome.PASSED, Outcome.FAILED, "assert 1 == 2\nsecond line")


def test_says_nothing_of_a_run_without_verification() -> None:
    report = Report(ChangeSet(), frozenset(), Rendering(), {}, 0, 0.0)
    assert list(verification_text(report)) == []


def test_shows_what_convicts_each_dropped_change() -> None:
    others = tuple(f"t.py::test_{number}" for number in range(7))
    traffic = Conviction(
        Verdict.BROKEN, "t.py::test", Outcome.PASSED, Outcome.ALTERED, "GET / answered 200, now 307", others
    )
    dropped = (
        Dropped("a", BROKEN),
        Dropped("b", BROKEN, together=("c",)),
        Dropped("d", BROKEN, needs="a"),
        Dropped("e", traffic),
    )
    verdicts = {"a": Verdict.BROKEN, "b": Verdict.BROKEN, "d": Verdict.BROKEN, "e": Verdict.BROKEN}
    found = Verification(dropped=dropped, verdicts=verdicts, before=Counts(passed=8), after=Counts(passed=8), runs=3)
    assert text(found) == [
        "dropped: a.py:1 Rename a [a]",
        "  t.py::test: passed → failed",
        "    assert 1 == 2",
        "    second line",
        "dropped: a.py:1 Rename b [b]",
        "  only together with a.py:1 Rename c [c]",
        "  t.py::test: passed → failed",
        "    assert 1 == 2",
        "    second line",
        "dropped: a.py:1 Rename d [d]",
        "  it requires a.py:1 Rename a [a], which was dropped",
        "dropped: a.py:1 Rename e [e]",
        "  t.py::test: passed → different traffic",
        "    GET / answered 200, now 307",
        "  and 7 other tests: t.py::test_0, t.py::test_1, t.py::test_2, t.py::test_3, t.py::test_4, …",
        "Changes: 4 broken.",
        "Tests before: 8 passed; after: 8 passed; 3 runs, 0.0 s.",
    ]


def test_tells_what_was_proven_and_what_was_seen_beside() -> None:
    found = Verification(
        kept=("a", "b"),
        verdicts={"a": Verdict.PROVEN, "b": Verdict.UNPROVEN, "c": Verdict.UNPROVEN},
        witnesses={"a": "t.py::test"},
        withdrawn=("c",),
        fixed=("t.py::test_red",),
        still_red=("t.py::test_dead",),
        flaky=("t.py::test_moody",),
        altered={"t.py::test": "GET / answered 200, now 307"},
        statements={"t.py::test": (6, 4)},
        before=Counts(passed=1, failed=2, timed_out=1),
        after=Counts(passed=2, failed=1, timed_out=1),
        runs=1,
        seconds=2.0,
    )
    assert text(found) == [
        "withdrawn, no passing test has run it: a.py:1 Rename c [c]",
        "unproven, no passing test has run it: a.py:1 Rename b [b]",
        "turned green: t.py::test_red",
        "still red, as before: t.py::test_dead",
        "flaky, did not decide: t.py::test_moody",
        "same outcome, different traffic: t.py::test: GET / answered 200, now 307",
        "SQL statements: t.py::test: 6 → 4",
        "Changes: 1 proven, 2 unproven.",
        "Tests before: 1 passed, 2 failed, 1 timed out; after: 2 passed, 1 failed, 1 timed out; 1 run, 2.0 s.",
    ]


def test_tells_what_was_saved_and_what_is_still_loaded_lazily() -> None:
    useless = Conviction(Verdict.UNPROVEN, "", Outcome.PASSED, Outcome.PASSED, "no test sends fewer statements with it")
    hop = Hop("app.models.Author", "books", "app.models.Author", "app.models.Book", True)
    query = QuerySite("app/routes.py", 12, 4, 12, 18, "select", "app.models.Author", "authors")
    load = LazyLoad("t.py::test", (hop,), query, Frame("app/schemas.py", 9), 30, 30)
    found = Verification(
        kept=("a", "b", "d"),
        dropped=(Dropped("c", useless),),
        verdicts={"a": Verdict.PROVEN, "b": Verdict.PROVEN, "c": Verdict.UNPROVEN, "d": Verdict.PROVEN},
        witnesses={"a": "t.py::test", "b": "t.py::test_red", "d": "t.py::test_hidden"},
        savings={
            "a": Saving("t.py::test", 41, 3),
            "b": Saving("t.py::test_red", None, 1),
            "d": Saving("t.py::test_hidden", None, 5, "MissingGreenlet"),
        },
        lazy=(load, replace(load, test="t.py::test_other", count=1_000)),
        before=Counts(passed=1),
        after=Counts(passed=1),
        runs=1,
    )
    assert text(found) == [
        "dropped: a.py:1 Rename c [c]",
        "    no test sends fewer statements with it",
        "proven: a.py:1 Rename a [a]: t.py::test  41 → 3 statements",
        "proven: a.py:1 Rename b [b]: t.py::test_red  red → green, 1 statement",
        "proven: a.py:1 Rename d [d]: t.py::test_hidden  hidden MissingGreenlet → 5 statements",
        "still loaded lazily: 1,030 × Author.books, queried in app/routes.py:12, read in app/schemas.py:9 (2 tests)",
        "Changes: 3 proven, 1 unproven.",
        "Tests before: 1 passed; after: 1 passed; 1 run, 0.0 s.",
    ]


def test_cuts_long_lists_short() -> None:
    lines = text(Verification(still_red=tuple(f"t.py::test_{number:02}" for number in range(32))))
    assert lines[29:31] == [
        "still red, as before: t.py::test_29",
        "still red, as before: 2 more (--format json names them all)",
    ]
