"""`greenmod undo`: take back what a run wrote."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from greenmod.model import ExitCode


def undo(
    run: Annotated[
        str | None, typer.Argument(metavar="RUN", help="A run's number, from --list; the last one not taken back.")
    ] = None,
    list_runs: Annotated[bool, typer.Option("--list", help="List the runs that can be taken back.")] = False,
) -> None:
    """Restore the files that the last run wrote, byte for byte; files edited since are left alone and named."""
    from greenmod.config import find_root
    from greenmod.journal import history
    from greenmod.journal.recovery import recover
    from greenmod.report.wording import count

    root = find_root(Path.cwd())
    recover(root)
    if list_runs:
        for past in history.runs(root):
            when = time.strftime("%Y-%m-%d %H:%M", time.localtime(past.time))
            typer.echo(f"{past.id}  {when}  {past.state.value:7}  {count(len(past.files), 'file')}  {past.command}")
        return
    written = history.undo(root, run)
    for path in written.paths:
        typer.echo(f"restored {path}")
    for problem in written.problems:
        typer.echo(f"{problem.path}:{problem.line}: {problem.message}", err=True)
    nothing = "Nothing to undo: greenmod wrote nothing here that is not taken back already."
    typer.echo(nothing if written.run is None else f"{count(len(written.paths), 'file')} restored.", err=True)
    raise typer.Exit(ExitCode.FILES if written.problems else ExitCode.OK)
