"""`greenmod test`: prove the cases of codemods, greenmod's own and the project's."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from greenmod.model import ExitCode


def test(
    codemods: Annotated[list[str] | None, typer.Argument(metavar="NAME", help="All, if none is named.")] = None,
) -> None:
    """Run the cases: each must give exactly its result, and keep what every case must keep."""
    from greenmod import config, registry
    from greenmod.cases.case import find_cases
    from greenmod.cases.prove import prove
    from greenmod.cases.running import missing_packages
    from greenmod.report.wording import count

    settings = config.load(config.find_root(Path.cwd()))
    specs = registry.available(settings)
    own = tuple(str(settings.root / entry) for entry in settings.codemods)
    names = codemods or sorted(specs)
    proven = failed = 0
    for name in names:
        registry.check_known(name, specs)
        is_own = specs[name].origin == "project"
        fixtures = settings.root / settings.fixtures if is_own else registry.fixtures_folder()
        cases = list(find_cases(fixtures, name))
        if not cases:
            typer.echo(f"{name}: no cases in {fixtures / name}", err=True)
        for case in cases:
            if case.run and (missing := missing_packages(case)):
                typer.echo(f"{case.id}: its tests are not run: {', '.join(missing)} not installed", err=True)
            failures = prove(case, own if is_own else ())
            proven, failed = proven + (not failures), failed + bool(failures)
            for failure in failures:
                typer.echo(f"{case.folder}: {failure.proof}: {failure.message}")
    typer.echo(f"{count(proven, 'case')} proven, {failed:,} failed.", err=True)
    if not proven and not failed:
        raise typer.Exit(ExitCode.USAGE)
    raise typer.Exit(ExitCode.CHANGES if failed else ExitCode.OK)
