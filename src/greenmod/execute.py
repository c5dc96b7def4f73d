"""From a Request to a Report: plan, render, verify where asked, write where asked. In this order and no other."""

from __future__ import annotations

import os
import shlex
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from greenmod import apply, session
from greenmod.discover import uncommitted
from greenmod.errors import StaleFileError
from greenmod.journal.recovery import recover
from greenmod.model import ChangeSet, Problem
from greenmod.report.report import Report
from greenmod.report.wording import recovered

if TYPE_CHECKING:
    from greenmod.planning.pool import Progress
    from greenmod.verify import Verification


@dataclass(frozen=True, slots=True)
class Orders:
    """What is to become of the changes that a run finds."""

    write: bool = False
    verify: bool = False
    format: bool = True
    python: Path | None = None
    pytest_args: tuple[str, ...] = ()


def execute(request: session.Request, orders: Orders, progress: Progress, tell: Callable[[str], None]) -> Report:
    """Carry out one run. `tell` gets sentences about long work."""
    began = time.monotonic()
    run = session.start(request)
    for cut_off in recover(run.root):
        tell(recovered(cut_off))
    with redirect_stdout(sys.stderr):  # what a codemod prints is not the run's result
        plan = session.plan(run, session.find_candidates(run), progress)
    baselines, plan = _baselines(run.root, plan)
    chosen = plan.ids
    settle = apply.formatter(run.root) if orders.format else None
    verification = _verify(run, orders, plan, baselines, settle, tell) if orders.verify and chosen else None
    if verification is not None:
        chosen = frozenset(verification.kept)
    rendering = apply.render(plan, chosen, baselines, settle)
    report = Report(
        plan=plan,
        chosen=chosen,
        rendering=rendering,
        baselines=baselines,
        looked_at=len(run.files.chosen),
        seconds=time.monotonic() - began,
        uncommitted=uncommitted(run.root, tuple(rendering.after)),
        verification=verification,
    )
    return _written(run.root, report, began) if orders.write else report


def _baselines(root: Path, plan: ChangeSet) -> tuple[dict[str, bytes | None], ChangeSet]:
    """Read the files that change; one that changed since it was planned loses its changes, and is named."""
    baselines: dict[str, bytes | None] = {}
    problems: list[Problem] = []
    for path in plan.paths():
        try:
            baselines[path] = apply.read_baseline(root, plan, path)
        except StaleFileError as error:
            problems.append(Problem(path, 1, error.kind, f"{error.reason}. {error.remedy}"))
    if not problems:
        return baselines, plan
    ids = [change.id for change in plan.changes if baselines.keys() >= set(change.paths)]
    return baselines, replace(plan, changes=plan.chosen(ids), problems=(*plan.problems, *problems))


def _verify(
    run: session.Run,
    orders: Orders,
    plan: ChangeSet,
    baselines: Mapping[str, bytes | None],
    settle: Callable[[Mapping[str, bytes], Mapping[str, bytes]], dict[str, bytes]] | None,
    tell: Callable[[str], None],
) -> Verification:
    from greenmod.verify import Suite, verify

    suite = Suite(
        run.root, orders.python, orders.pytest_args, run.config.sandbox_include, folder=_folder_of_tests(run.root)
    )
    return verify(suite, plan, plan.ids, lambda ids: apply.render(plan, ids, baselines, settle).after, tell)


def _folder_of_tests(root: Path) -> str:
    """Return where pytest starts: the current folder where it is below `root`; its arguments are relative to that."""
    here = Path(os.path.realpath(Path.cwd()))
    base = Path(os.path.realpath(root))
    return here.relative_to(base).as_posix() if here.is_relative_to(base) else "."


def _written(root: Path, report: Report, began: float) -> Report:
    from greenmod.journal.run import write
    from greenmod.journal.target import Write

    before, after = report.rendering.before, report.rendering.after
    writes = [Write(path, before[path], after[path]) for path in report.paths]
    done = write(root, writes, shlex.join(["greenmod", *sys.argv[1:]])) if writes else None
    return replace(
        report,
        written=done.paths if done else (),
        problems=done.problems if done else (),
        seconds=time.monotonic() - began,
    )
