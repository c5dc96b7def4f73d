"""A report as text: each change under its title and reason, then what it all comes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from greenmod.apply import render
from greenmod.model import (
    Baseline,
    Change,
    ChangeSet,
    Edit,
    ExitCode,
    ImportNeed,
    Problem,
    Replacement,
    Safety,
    Skip,
    Verdict,
)
from greenmod.report.report import Report, Task
from greenmod.report.text import change_text, diff_text, problem_text, skip_text, summary_text
from greenmod.verify import Conviction, Dropped, Outcome, Verification

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


WHOLE = Change(
    "diff:1",
    "diff",
    "Replace files",
    "",
    Safety.UNSAFE,
    (),
    files=(Replacement("c.bin", b"\0\1"), Replacement("d.txt", b"\xe8\n"), Replacement("e.txt", None)),
)


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


def test_shows_files_that_are_replaced_as_wholes() -> None:
    baselines: Mapping[str, bytes | None] = {"c.bin": None, "d.txt": b"\xe9\n", "e.txt": b"e\n"}
    shown = "".join(change_text(WHOLE, baselines))
    assert shown == (
        "# Replace files  [diff, unsafe]  c.bin:1\n"
        "--- c.bin\n"
        "  no file → 2 bytes, binary\n"
        "--- d.txt\n"
        "@@ -1 +1 @@\n"
        "-\ufffd\n"
        "+\ufffd\n"
        "--- e.txt\n"
        "@@ -1 +0,0 @@\n"
        "-e\n"
    )


@pytest.mark.parametrize(
    ("task", "kept", "written", "headline", "exit_code"),
    [
        (Task.DIFF, 2, None, "2 of 2 changes stay, in 2 files; 0.3 s. Nothing was written; --write writes what", 0),
        (Task.DIFF, 2, ("a.py", "b.py"), "2 of 2 changes stay, in 2 files; 0.3 s. 2 files written; `greenmod undo`", 0),
        (Task.DIFF, 1, None, "1 of 2 changes stays, in 1 file; 0.3 s. Nothing was written; --write writes", 1),
        (Task.DIFF, 0, (), "0 of 2 changes stay; 0.3 s. Nothing to write.", 1),
        (Task.TREE, 2, (), "2 of 2 changes stay, in 2 files; 0.3 s. The work tree can stay as it is.", 0),
        (Task.TREE, 1, None, "1 of 2 changes stays, in 1 file; 0.3 s. Nothing was written; --write takes the rest", 1),
        (Task.TREE, 1, ("b.py",), "1 of 2 changes stays, in 1 file; 0.3 s. 1 file written; `greenmod undo`", 1),
    ],
)
def test_says_what_came_of_verifying_a_diff(
    task: Task, kept: int, written: tuple[str, ...] | None, headline: str, exit_code: int
) -> None:
    changes = (ONE, TWO)
    ids = frozenset(change.id for change in changes[:kept])
    conviction = Conviction(Verdict.BROKEN, "test", Outcome.PASSED, Outcome.FAILED, "")
    dropped = tuple(Dropped(change.id, conviction) for change in changes[kept:])
    found = report(*changes, written=written, task=task, chosen=ids, verification=Verification(dropped=dropped))
    found = replace(found, rendering=render(found.plan, ids, BASELINES))
    assert "".join(summary_text(found)).startswith(headline)
    assert found.exit_code == exit_code


def test_says_that_there_was_nothing_to_verify() -> None:
    found = replace(report(task=Task.TREE), plan=ChangeSet())
    assert "".join(summary_text(found)) == "Nothing to verify: no file differs.\n"
    found = replace(found, plan=ChangeSet(skips=(SKIP,)))
    assert "".join(summary_text(found)) == (
        "Nothing to verify: what differs is left alone.\nLeft alone: 1 site\n  one [dynamic]: 1\n"
    )
