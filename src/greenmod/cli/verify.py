"""`greenmod verify`: let pytest decide which hunks of somebody else's diff stay."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from greenmod.cli import settings

if TYPE_CHECKING:
    from greenmod.patches import Patch

_STANDARD_INPUT = "-"


def verify(
    context: typer.Context,
    diff: Annotated[
        str | None, typer.Option("--diff", metavar="FILE", help="Verify a diff that the work tree lacks; - is stdin.")
    ] = None,
    against: Annotated[
        str | None, typer.Option("--against", metavar="REV", help="Verify what the work tree has changed since REV.")
    ] = None,
    write: Annotated[
        bool,
        typer.Option("--write", help="With --diff: write the hunks that stay. With --against: take the others back."),
    ] = False,
    output_format: settings.OutputFormat = settings.Format.DIFF,
    output: settings.Output = None,
    python: settings.Python = None,
    test_timeout: settings.TestTimeout = None,
    accept_traffic: settings.AcceptTraffic = False,
    require: settings.Require = None,
    jobs: settings.TestJobs = None,
    no_cache: settings.NoCache = False,
) -> None:
    """Let pytest decide which hunks of any diff stay; those under which a test gets worse are dropped and explained.

    Each hunk is a change of its own; so is each new, deleted, renamed or binary file. Exit code 0 says that all of them
    stay, 1 that some were dropped.

    What follows `--` goes to pytest: `greenmod verify --against main -- tests/api`.
    """
    from greenmod.cli.printing import Printer
    from greenmod.errors import UsageError
    from greenmod.execute import execute_patch
    from greenmod.report.report import Task

    if (diff is None) == (against is None):
        raise UsageError(
            "verify wants either --diff FILE or --against REV",
            "`--diff` for a patch that is not applied, `--against` for changes that the work tree holds already.",
        )
    task = Task.TREE if diff is None else Task.DIFF
    testing = settings.testing(
        context, python, test_timeout, jobs, require, accept_traffic=accept_traffic, no_cache=no_cache
    )
    with Printer(output) as printer:
        report = execute_patch(lambda root: _read(root, diff, against), task, testing, printer, write=write)
        printer.print_report(report, output_format.value, show_skips=True)
    raise typer.Exit(report.exit_code)


def _read(root: Path, diff: str | None, against: str | None) -> Patch:
    from greenmod.patches import read_diff, read_revision

    if diff is None:
        assert against is not None
        return read_revision(root, against)
    if diff == _STANDARD_INPUT:
        return read_diff(root, sys.stdin.buffer.read(), "standard input")
    return read_diff(root, _bytes(Path(diff)), diff)


def _bytes(file: Path) -> bytes:
    from greenmod.errors import UsageError

    try:
        return file.read_bytes()
    except OSError as error:
        raise UsageError(
            f"--diff {file}: {error.strerror}", "Name a file that holds a diff, or - for standard input."
        ) from error
