"""`greenmod hook`: the pre-commit entry; fixes the files it is given, with facts from the whole repository."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from greenmod.cli import settings
from greenmod.model import ExitCode


def hook(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE", readable=False, help="The files to fix.", show_default=False)
    ],
    select: settings.Select = None,
    ignore: settings.Ignore = None,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; fail where something would change.")] = False,
    unsafe: settings.Unsafe = False,
    option: settings.Options = None,
    show_skips: settings.ShowSkips = False,
) -> None:
    """Fix the given files, as a pre-commit hook. Exit code 1 says that files were changed (with --check, would be)."""
    from greenmod.cli.printing import Printer
    from greenmod.execute import Orders, execute
    from greenmod.session import Request

    request = Request(
        paths=tuple(files),
        select=settings.names(select),
        ignore=settings.names(ignore),
        unsafe=unsafe,
        options=tuple(option or ()),
        reach=False,
    )
    with Printer(None) as printer:
        report = execute(request, Orders(write=not check), printer)
        printer.print_report(report, "diff", show_skips)
    changed = report.exit_code is ExitCode.OK and report.paths
    raise typer.Exit(ExitCode.CHANGES if changed else report.exit_code)
