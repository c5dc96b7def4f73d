"""Do all that is to be done in one file, by transformers and as text.

Whatever goes wrong stays in this file and this codemod, as a Problem; the file is left alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from greenmod.discover import link_target
from greenmod.engine.file import File
from greenmod.engine.problems import codemod_problem, file_problem
from greenmod.engine.suppress import without_suppressed
from greenmod.engine.texts import text_piece
from greenmod.engine.transform import transform
from greenmod.engine.work import Part, Proposal, Refusal, Task, TextWork, Work
from greenmod.errors import FileError
from greenmod.model import Problem, Skip
from greenmod.source import Source, decode
from greenmod.source import load as load_source

_GENERATED = "@generated"
_HEADER = 2000  # characters in which a generator's mark is looked for


def propose(root: Path, task: Task) -> Proposal:
    """Return what the task's codemods would change in its file."""
    path, parts = task.path, task.parts
    if (target := link_target(root, path)) is not None:
        return _left_alone(path, parts, "link", f"the path leads through a link to {target}")
    try:
        source = load_source(root, path)
    except FileNotFoundError:
        return _propose_new(task)
    except FileError as error:
        return _failed(path, parts, file_problem(error))
    if _GENERATED in source.text[:_HEADER]:
        reason = "the file says that it is @generated; change its generator instead"
        return _left_alone(path, parts, "generated", reason)
    try:
        file = File.of(source, task.facts) if task.works else File(source, None, None)
    except FileError as error:
        return _failed(path, parts, file_problem(error))
    found = _together(path, [_attempt(file, part) for part in parts])
    return replace(without_suppressed(source, found), sha256=source.sha256)


def _propose_new(task: Task) -> Proposal:
    """Propose a file that is not there: by its text, while what the transformer was to change is gone."""
    if task.works:
        return Proposal(task.path, None, refusals=_refusals(task.path, task.parts, "gone", f"{task.path} is gone"))
    nothing = File(decode(task.path, b""), None, None)
    return _together(task.path, [_attempt(nothing, part) for part in task.texts])


def _attempt(file: File, part: Part) -> Proposal:
    try:
        return transform(file, part) if isinstance(part, Work) else _propose_text(file.source, part)
    except FileError as error:
        problem = file_problem(error)
    except (Exception, SystemExit) as error:  # the border: a codemod may fail in any way; only its own work is lost
        problem = codemod_problem(file.source.path, part.codemod, error)
    return _failed(file.source.path, (part,), problem)


def _propose_text(source: Source, work: TextWork) -> Proposal:
    piece = text_piece(source, work)
    return Proposal(source.path, None, (piece,) if piece else ())


def _left_alone(path: str, parts: Sequence[Part], rule: str, reason: str) -> Proposal:
    skips = tuple(Skip(part.codemod, path, 1, rule, reason) for part in parts)
    return Proposal(path, None, skips=skips, refusals=_refusals(path, parts, rule, reason))


def _failed(path: str, parts: Sequence[Part], problem: Problem) -> Proposal:
    reason = f"{path}:{problem.line}: {problem.message}"
    return Proposal(path, None, problems=(problem,), refusals=_refusals(path, parts, "failed", reason, problem.line))


def _refusals(path: str, parts: Sequence[Part], rule: str, reason: str, line: int = 1) -> tuple[Refusal, ...]:
    """Give up every group that has a part in a file: half of a change is worse than none."""
    return tuple(
        Refusal(group, Skip(part.codemod, path, line, rule, reason)) for part in parts for group in part.groups
    )


def _together(path: str, found: Sequence[Proposal]) -> Proposal:
    return Proposal(
        path,
        None,
        tuple(piece for each in found for piece in each.pieces),
        tuple(skip for each in found for skip in each.skips),
        tuple(problem for each in found for problem in each.problems),
        tuple(refusal for each in found for refusal in each.refusals),
    )
