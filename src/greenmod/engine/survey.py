"""Survey one file: its facts, and what each codemod's own `survey` finds in it. Pure, runs in workers."""

from __future__ import annotations

import ast
import json
from collections.abc import Sequence
from pathlib import Path

from greenmod.api import Survey, SurveyedFile
from greenmod.description import CodemodSpec
from greenmod.engine.problems import codemod_problem, file_problem, syntax_error
from greenmod.engine.work import Found
from greenmod.errors import CodemodError, FileError
from greenmod.facts import survey as surveying
from greenmod.facts.objects.declarations import as_data
from greenmod.facts.objects.declared import declare
from greenmod.model import Problem
from greenmod.registry import load
from greenmod.source import load as load_source


def survey_file(root: Path, specs: Sequence[CodemodSpec], path: str) -> Found | None:
    """Return a file's facts and surveys; None where there is no such file."""
    try:
        source = load_source(root, path)
    except FileNotFoundError:
        return None
    except FileError as error:
        return Found(path, "", None, {}, (file_problem(error),))
    try:
        tree = surveying.parse(source)
        facts = surveying.survey(path, tree)
    except FileError as error:
        return Found(path, source.sha256, None, {}, (file_problem(error),))
    except SyntaxError as error:
        return Found(path, source.sha256, None, {}, (file_problem(syntax_error(path, error)),))
    file = SurveyedFile(path, source.text, tree, facts)
    surveys: dict[str, tuple[tuple[int, ...], object]] = {}
    problems: list[Problem] = []
    for spec in specs:
        try:
            found = load(spec).survey(file)
            if found is not None:
                surveys[spec.name] = _as_remembered(found)
        except (Exception, SystemExit) as error:  # the border: a codemod may fail in any way; only its own work is lost
            problems.append(codemod_problem(path, spec.name, error))
    declared = _declared(tree) if any(spec.wants_objects for spec in specs) else None
    return Found(path, source.sha256, facts, surveys, tuple(problems), declared)


def _declared(tree: ast.Module) -> object:
    """Return what a file declares, as data; None where it is nested too deeply."""
    try:
        return as_data(declare(tree))
    except RecursionError:
        return None


def _as_remembered(found: object) -> tuple[tuple[int, ...], object]:
    """Return a survey as the cache would give it back: what a run sees must not depend on what was remembered."""
    if not isinstance(found, Survey):
        raise CodemodError(f"`survey` returned {found!r}", "Return a Survey, or None.")
    return tuple(map(int, found.lines)), json.loads(json.dumps(found.data))
