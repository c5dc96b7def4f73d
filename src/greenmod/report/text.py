"""A report for people: each change with its title, reason and diff, then what it comes to.

Everything is plain text here; colour is the terminal's business. Nothing passes through markup.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from greenmod.apply import change_alone
from greenmod.model import Change, ImportNeed, Problem, Skip
from greenmod.report.patch import hunks
from greenmod.report.report import Report
from greenmod.report.wording import count, nothing_to_change
from greenmod.source import decode


def diff_text(report: Report) -> Iterator[str]:
    """Yield the lines of all chosen changes, grouped by file, each under its title and reason."""
    path = ""
    shown: set[ImportNeed] = set()
    for change in report.changes:
        if change.path != path:
            path = change.path
            yield f"{path}\n"
        # An import that several changes share is shown with the first of them.
        fresh = tuple(need for need in change.imports if need not in shown)
        shown.update(fresh)
        yield from change_text(replace(change, imports=fresh), report.baselines)
        yield "\n"


def change_text(change: Change, baselines: Mapping[str, bytes | None]) -> Iterator[str]:
    """Yield one change: a headline, why, and the hunks of every file it touches."""
    yield f"# {change.title}  [{change.codemod}, {change.safety.value}]  {change.path}:{change.line}\n"
    if change.why:
        yield f"#   why: {change.why}\n"
    rendering = change_alone(change, baselines)
    for path, after in rendering.after.items():
        before = rendering.before[path]
        if len(rendering.after) > 1:
            yield f"--- {path}\n"
        encoding = decode(path, before or b"").encoding
        for hunk in hunks(before or b"", after or b""):
            yield hunk.decode(encoding, "replace").replace("\r", "")


def skip_text(skips: tuple[Skip, ...]) -> Iterator[str]:
    """Yield a line per skip."""
    for skip in skips:
        yield f"{skip.path}:{skip.line}: left alone by {skip.codemod} [{skip.rule}]: {skip.reason}\n"


def problem_text(problems: tuple[Problem, ...]) -> Iterator[str]:
    for problem in problems:
        yield f"{problem.path}:{problem.line}: {problem.message}\n"


def verification_text(report: Report) -> Iterator[str]:
    """Yield what the tests said: what turned green, what was dropped and which test convicts it."""
    found = report.verification
    if found is None:
        return
    titles = {change.id: f"{change.path}:{change.line} {change.title}" for change in report.plan.changes}
    for dropped in found.dropped:
        conviction = dropped.conviction
        yield f"dropped: {titles[dropped.id]} [{dropped.id}]\n"
        if dropped.needs:
            yield f"  it requires {dropped.needs}, which was dropped\n"
        yield f"  {conviction.test}: {conviction.before.value} → {conviction.after.value}\n"
        yield from (f"    {line}\n" for line in conviction.message.splitlines())
    yield from (f"turned green: {test}\n" for test in found.fixed)
    yield from (f"still red, as before: {test}\n" for test in found.still_red)
    yield from (f"flaky, did not decide: {test}\n" for test in found.flaky)
    yield f"Tests before: {found.before}; after: {found.after}; {count(found.runs, 'run')}, {found.seconds:.1f} s.\n"


def summary_text(report: Report) -> Iterator[str]:
    """Yield the closing lines: what changed, what was left alone and why, how long it took."""
    yield f"{_headline(report)}\n"
    for name, number in report.by_codemod.items():
        yield f"  {name}: {count(number, 'change')}\n"
    if report.skips_by_rule:
        yield f"Left alone: {count(len(report.plan.skips), 'site')} (--show-skips says why)\n"
        for (codemod, rule), number in report.skips_by_rule.items():
            yield f"  {codemod} [{rule}]: {number:,}\n"
    if report.all_problems:
        yield f"Could not be worked on: {count(len(report.all_problems), 'file')} (named above)\n"
    if report.uncommitted and report.paths:
        yield f"With uncommitted changes of your own: {', '.join(report.uncommitted)}\n"
    yield from (f"{note}\n" for note in report.notes)


def _headline(report: Report) -> str:
    looked = f"{count(report.looked_at, 'file')} looked at in {report.seconds:.1f} s"
    if not report.changes and report.plan.changes:
        return f"{count(len(report.plan.changes), 'change')} found, none stays; {looked}."
    if not report.changes:
        return nothing_to_change(report.looked_at, report.seconds)
    what = f"{count(len(report.changes), 'change')} in {count(len(report.paths), 'file')}"
    if report.written is None:
        return f"{what} found; {looked}. Nothing was written; `greenmod run --write` writes them."
    if not report.written:
        return f"{what} found, none written; {looked}."
    return f"{what}, {count(len(report.written), 'file')} written; {looked}. `greenmod undo` takes them back."
