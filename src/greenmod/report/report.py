"""One run's result as plain data, from which every format is rendered: the same words, the same numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from greenmod.apply import Rendering
from greenmod.model import Change, ChangeSet, ExitCode, Problem

if TYPE_CHECKING:
    from greenmod.facts.evidence.observation import Evidence
    from greenmod.verify.verification import Verification


class Task(str, Enum):
    """What was asked for: to find changes, or to verify those of a diff, or those that the work tree holds already."""

    RUN = "run"
    DIFF = "diff"
    TREE = "tree"


@dataclass(frozen=True, slots=True)
class Report:
    """A plan, what was chosen of it, and what became of that.

    `written` is None in a dry run, else the paths that were written. `uncommitted` are the chosen files that git
    had uncommitted changes for. `looked_at` counts the files whose bytes were considered. `evidence` is what failing
    tests said of the files as they are, where tests were run.
    """

    plan: ChangeSet
    chosen: frozenset[str]
    rendering: Rendering
    baselines: Mapping[str, bytes | None]
    looked_at: int
    seconds: float
    written: tuple[str, ...] | None = None
    problems: tuple[Problem, ...] = ()
    uncommitted: tuple[str, ...] = ()
    verification: Verification | None = None
    notes: tuple[str, ...] = field(default=())
    task: Task = Task.RUN
    evidence: Evidence | None = None

    @property
    def changes(self) -> tuple[Change, ...]:
        return self.plan.chosen(self.chosen)

    @property
    def paths(self) -> tuple[str, ...]:
        return tuple(path for path, data in self.rendering.after.items() if data != self.rendering.before[path])

    @property
    def all_problems(self) -> tuple[Problem, ...]:
        return (*self.plan.problems, *self.problems)

    @property
    def by_codemod(self) -> Mapping[str, int]:
        return dict(sorted(Counter(change.codemod for change in self.changes).items()))

    @property
    def skips_by_rule(self) -> Mapping[tuple[str, str], int]:
        """Count the skips by (codemod, rule)."""
        return dict(sorted(Counter((skip.codemod, skip.rule) for skip in self.plan.skips).items()))

    @property
    def exit_code(self) -> ExitCode:
        """What a run with this result tells its caller; a file that failed outranks changes that were found.

        Whoever has a diff verified asks whether all of it may stay: written or not, that is the answer.
        """
        if self.all_problems:
            return ExitCode.FILES
        if self.verification is not None and (self.verification.dropped or self.verification.withdrawn):
            return ExitCode.CHANGES
        has_found = self.task is Task.RUN and self.written is None and self.changes
        return ExitCode.CHANGES if has_found else ExitCode.OK
