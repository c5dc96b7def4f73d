"""A report for people: each change with its title, reason and diff, then what it comes to.

Everything is plain text here; colour is the terminal's business. Nothing passes through markup.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from greenmod.apply import change_alone
from greenmod.errors import FileError
from greenmod.model import Change, ImportNeed, Problem, Skip
from greenmod.report.lazy import saving_text
from greenmod.report.patch import hunks
from greenmod.report.report import Report, Task
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
        saving = report.verification.savings.get(change.id) if report.verification is not None else None
        yield from change_text(replace(change, imports=fresh), report.baselines, saving_text(saving) if saving else "")
        yield "\n"


def change_text(change: Change, baselines: Mapping[str, bytes | None], proof: str = "") -> Iterator[str]:
    """Yield one change: a headline, why, what proves it, and the hunks of every file it touches."""
    yield f"# {change.title}  [{change.codemod}, {change.safety.value}]  {change.path}:{change.line}\n"
    if change.why:
        yield f"#   why: {change.why}\n"
    if proof:
        yield f"#   proof: {proof}\n"
    rendering = change_alone(change, baselines)
    for path, after in rendering.after.items():
        before = rendering.before[path]
        if len(rendering.after) > 1:
            yield f"--- {path}\n"
        if b"\0" in (before or b"") + (after or b""):
            yield f"  {_size(before)} → {_size(after)}\n"
            continue
        encoding = _encoding(path, after if before is None else before)
        for hunk in hunks(before or b"", after or b""):
            yield hunk.decode(encoding, "replace").replace("\r", "")


def _size(data: bytes | None) -> str:
    return "no file" if data is None else f"{count(len(data), 'byte')}, binary"


def _encoding(path: str, data: bytes | None) -> str:
    """Return what to show a file in: one that was replaced as a whole may be in no encoding that can be known."""
    try:
        return decode(path, data or b"").encoding
    except FileError:
        return "utf-8"


def skip_text(skips: tuple[Skip, ...]) -> Iterator[str]:
    """Yield a line per skip."""
    for skip in skips:
        yield f"{skip.path}:{skip.line}: left alone by {skip.codemod} [{skip.rule}]: {skip.reason}\n"


def problem_text(problems: tuple[Problem, ...]) -> Iterator[str]:
    for problem in problems:
        yield f"{problem.path}:{problem.line}: {problem.message}\n"


def summary_text(report: Report) -> Iterator[str]:
    """Yield the closing lines: what changed, what was left alone and why, how long it took."""
    if report.task is Task.RUN:
        yield f"{_headline(report)}\n"
        for name, number in report.by_codemod.items():
            yield f"  {name}: {count(number, 'change')}\n"
    else:
        yield f"{_verified(report)}\n"
    if report.skips_by_rule:
        hint = " (--show-skips says why)" if report.task is Task.RUN else ""
        yield f"Left alone: {count(len(report.plan.skips), 'site')}{hint}\n"
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


def _verified(report: Report) -> str:
    total = len(report.plan.changes)
    if not total:
        return f"Nothing to verify: {'what differs is left alone' if report.plan.skips else 'no file differs'}."
    stay = f"{len(report.changes):,} of {count(total, 'change')} {'stays' if len(report.changes) == 1 else 'stay'}"
    where = f", in {count(len(report.paths), 'file')}" if report.changes else ""
    return f"{stay}{where}; {report.seconds:.1f} s. {_what_was_written(report)}"


def _what_was_written(report: Report) -> str:
    left = len(report.changes) if report.task is Task.DIFF else len(report.plan.changes) - len(report.changes)
    if not left:
        return "Nothing to write." if report.task is Task.DIFF else "The work tree can stay as it is."
    if report.written is None:
        does = "writes what stays" if report.task is Task.DIFF else "takes the rest back out of the work tree"
        return f"Nothing was written; --write {does}."
    if not report.written:
        return "Nothing was written."
    return f"{count(len(report.written), 'file')} written; `greenmod undo` brings the old ones back."
