"""From the surveys of a repository to what is done in each file."""

from __future__ import annotations

from collections.abc import Mapping

from greenmod.api import Decision, FilePlan, Project, SkippedSite

from .judging import findings
from .judging.court import Court
from .judging.needs import Needs
from .operations import as_data
from .sites.judge import judge


def decide(project: Project, options: Mapping[str, object]) -> Decision:
    """Judge the sites of all files that make mocks."""
    court = Court(project, project.objects())
    needs = Needs(court)
    files: dict[str, FilePlan] = {}
    skips: list[SkippedSite] = []
    for path in court.world.test_files:
        bench = judge(court, needs, path, names_all=bool(options["every-site"]))
        skips += bench.skips
        skips += findings.find(court, path)
        if bench.operations:
            lines = tuple(sorted({operation.at[0] for operation in bench.operations}))
            files[path] = FilePlan(lines, as_data(bench.operations))
    return Decision(files, tuple(dict.fromkeys(skips)))
