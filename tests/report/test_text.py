"""A report as text: each change under its title and reason, then what it all comes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from greenmod.apply import render
from greenmod.model import Baseline, Change, ChangeSet, Edit, ExitCode, ImportNeed, Problem, Safety, Skip
from greenmod.report.report import Report
from greenmod.report.text import diff_text, problem_text, skip_text, summary_text

BASELINES: Mapping[str, bytes | None] = {"a.py": b"x = 1\r\ny = 2\r\n", "b.py": b"# coding: latin-1\nz = '\xe9'\n"}
ONE = Change("one:a.py:f:1", "one", "Rename x", "", Safety.SAFE, (Edit("a.py", 0, 1, "xx"),))
TWO = Change(
    "two:a.py:f:1",
    "two",
    "Change both",
    "they belong together",
    Safety.UNSAFE,
    (Edit("a.py", 7, 8, "yy"), Edit("b.py", 18, 19, "zz")),
    line=2,
)
SKIP = Skip("one", "a.py", 7, "dynamic", "settings arrive through `**`")
PROBLEM = Problem("c.py", 3, "syntax", "is not valid Python 3.11: invalid syntax.")


def report(*changes: Change, written: tuple[str, ...] | None = None, **more: object) -> Report:
    baselines = {path: Baseline(path, "sha") for path in BASELINES}
    plan = ChangeSet(baselines, changes, skips=(SKIP, replace(SKIP, line=8), replace(SKIP, rule="other")))
    rendering = render(plan, plan.ids, BASELINES)
    made = Report(plan, plan.ids, rendering, BASELINES, looked_at=1234, seconds=0.26, written=written)
    return replace(made, **more)  # type: ignore[arg-type]  # each is a field of its own type


def test_shows_each_change_under_its_title_and_reason() -> None:
    assert (
        "".join(diff_text(report(ONE, TWO)))
        == """a.py
# Rename x  [one, safe]  a.py:1
@@ -1,2 +1,2 @@
-x = 1
+xx = 1
 y = 2

# Change both  [two, unsafe]  a.py:2
#   why: they belong together
--- a.py
@@ -1,2 +1,2 @@
 x = 1
-y = 2
+yy = 2
--- b.py
@@ -1,2 +1,2 @@
 # coding: latin-1
-z = 'é'
+zz = 'é'

"""
    )


def test_shows_a_change_even_when_what_it_requires_is_shown_elsewhere() -> None:
    needy = replace(ONE, id="needy", edits=(Edit("a.py", 7, 8, "yyy"),), requires=(ONE.id,))
    assert "".join(diff_text(report(ONE, needy))).count("@@ ") == 2


def test_shows_an_import_that_changes_share_once() -> None:
    need = ImportNeed("a.py", "m", "n")
    one, other = replace(ONE, imports=(need,)), replace(ONE, id="2", edits=(Edit("a.py", 7, 8, "yy"),), imports=(need,))
    assert "".join(diff_text(report(one, other))).count("+from m import n") == 1


def test_shows_nothing_where_there_is_no_change() -> None:
    assert "".join(diff_text(report())) == ""


def test_names_skips_and_problems_with_their_place() -> None:
    assert list(skip_text((SKIP,))) == ["a.py:7: left alone by one [dynamic]: settings arrive through `**`\n"]
    assert list(problem_text((PROBLEM,))) == ["c.py:3: is not valid Python 3.11: invalid syntax.\n"]


def test_sums_up_a_dry_run() -> None:
    headline, *lines = "".join(summary_text(report(ONE, TWO))).splitlines()
    assert headline.startswith("2 changes in 2 files found; 1,234 files looked at in 0.3 s. Nothing was written")
    assert lines == [
        "  one: 1 change",
        "  two: 1 change",
        "Left alone: 3 sites (--show-skips says why)",
        "  one [dynamic]: 2",
        "  one [other]: 1",
    ]


def test_sums_up_what_was_written() -> None:
    found = report(ONE, written=("a.py",), uncommitted=("a.py",), problems=(PROBLEM,), notes=("A note.",))
    lines = "".join(summary_text(found)).splitlines()
    assert lines[0] == (
        "1 change in 1 file, 1 file written; 1,234 files looked at in 0.3 s. `greenmod undo` takes them back."
    )
    assert lines[-3:] == [
        "Could not be worked on: 1 file (named above)",
        "With uncommitted changes of your own: a.py",
        "A note.",
    ]


def test_sums_up_a_run_that_found_nothing() -> None:
    assert next(iter(summary_text(report()))) == "Nothing to change; 1,234 files looked at in 0.3 s.\n"


def test_exit_code_says_what_happened() -> None:
    assert report().exit_code is ExitCode.OK
    assert report(ONE).exit_code is ExitCode.CHANGES
    assert report(ONE, written=("a.py",)).exit_code is ExitCode.OK
    assert report(ONE, problems=(PROBLEM,)).exit_code is ExitCode.FILES
    assert report(ONE, written=("a.py",), problems=(PROBLEM,)).exit_code is ExitCode.FILES
