"""`greenmod test`: prove the cases of codemods, greenmod's own and the project's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from greenmod.model import ExitCode

if TYPE_CHECKING:
    from greenmod.cases.case import Case
    from greenmod.cases.runner import CaseRunner


def test(
    codemods: Annotated[list[str] | None, typer.Argument(metavar="NAME", help="All, if none is named.")] = None,
) -> None:
    """Run the cases: each must give exactly its result, and keep what every case must keep."""
    from greenmod import config, registry
    from greenmod.cases.case import find_cases
    from greenmod.cases.runner import CaseRunner
    from greenmod.report.wording import count

    settings = config.load(config.find_root(Path.cwd()))
    specs = registry.available(settings)
    own = tuple(str(settings.root / entry) for entry in settings.codemods)
    names = codemods or sorted(specs)
    verdicts: list[bool] = []
    with CaseRunner() as runner:
        for name in names:
            registry.check_known(name, specs)
            is_own = specs[name].origin == "project"
            fixtures = settings.root / settings.fixtures if is_own else registry.fixtures_folder()
            cases = list(find_cases(fixtures, name))
            if not cases:
                typer.echo(f"{name}: no cases in {fixtures / name}", err=True)
            verdicts += [_is_proven(case, runner, own if is_own else ()) for case in cases]
    failed = verdicts.count(False)
    typer.echo(f"{count(len(verdicts) - failed, 'case')} proven, {failed:,} failed.", err=True)
    if not verdicts:
        raise typer.Exit(ExitCode.USAGE)
    raise typer.Exit(ExitCode.CHANGES if failed else ExitCode.OK)


def _is_proven(case: Case, runner: CaseRunner, codemods: tuple[str, ...]) -> bool:
    """Prove a case; say what fails, and what can't be asked."""
    from greenmod.cases.packages import missing_packages
    from greenmod.cases.prove import prove

    if case.run and (missing := missing_packages(case)):
        typer.echo(f"{case.id}: its tests are not run: {', '.join(missing)} not installed", err=True)
    failures = prove(case, runner, codemods)
    for failure in failures:
        typer.echo(f"{case.folder}: {failure.proof}: {failure.message}")
    return not failures
