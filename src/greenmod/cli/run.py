"""`greenmod run`: find changes, show them, and on demand verify and write them."""

from __future__ import annotations

from typing import Annotated

import typer

from greenmod.cli import settings


def run(
    context: typer.Context,
    paths: settings.Paths = None,
    select: settings.Select = None,
    ignore: settings.Ignore = None,
    write: Annotated[bool, typer.Option("--write", help="Write the changes.")] = False,
    verify: Annotated[bool, typer.Option("--verify", help="Let pytest decide which changes stay.")] = False,
    output_format: settings.OutputFormat = settings.Format.DIFF,
    output: settings.Output = None,
    unsafe: settings.Unsafe = False,
    option: settings.Options = None,
    show_skips: settings.ShowSkips = False,
    jobs: settings.Jobs = None,
    no_cache: settings.NoCache = False,
    no_format: settings.NoFormat = False,
    python: settings.Python = None,
) -> None:
    """Show what the codemods would change (a dry run); with --write, write it.

    What follows `--` goes to pytest, for --verify: `greenmod run --verify -- -x tests/api`.
    """
    from greenmod.cli.printing import Printer
    from greenmod.errors import UsageError
    from greenmod.execute import Orders, execute
    from greenmod.session import Request

    if not verify and (context.obj or python):
        given = f"-- {' '.join(context.obj)}" if context.obj else f"--python {python}"
        raise UsageError(f"`{given}` is for pytest, which runs only with --verify", "Add --verify, or leave it out.")
    request = Request(
        paths=tuple(paths or ()),
        select=settings.names(select),
        ignore=settings.names(ignore),
        unsafe=unsafe,
        options=tuple(option or ()),
        jobs=jobs,
        use_cache=not no_cache,
    )
    orders = Orders(
        write=write, verify=verify, format=not no_format, python=python, pytest_args=tuple(context.obj or ())
    )
    with Printer(output) as printer:
        report = execute(request, orders, printer)
        printer.print_report(report, output_format.value, show_skips)
    raise typer.Exit(report.exit_code)
