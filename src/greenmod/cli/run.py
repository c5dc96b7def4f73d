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
    test_timeout: settings.TestTimeout = None,
    accept_traffic: settings.AcceptTraffic = False,
    require: settings.Require = None,
    evidence: settings.Evidence = None,
) -> None:
    """Show what the codemods would change (a dry run); with --write, write it.

    What follows `--` goes to pytest, for --verify: `greenmod run --verify -- -x tests/api`.
    """
    import shutil

    from greenmod.cli.printing import Printer
    from greenmod.errors import UsageError
    from greenmod.execute import Orders, execute
    from greenmod.session import Request

    given = {
        f"-- {' '.join(context.obj or ())}": context.obj,
        f"--test-timeout {test_timeout}": test_timeout,
        "--accept-traffic": accept_traffic,
        "--require proven": require,
        "--format junit": output_format is settings.Format.JUNIT,
    }
    if not verify and any(given.values()):
        first = next(option for option, value in given.items() if value)
        raise UsageError(f"`{first}` is for pytest, which runs only with --verify", "Add --verify, or leave it out.")
    if not verify and python is not None and not python.is_file() and shutil.which(python) is None:
        raise UsageError(f"{python}: no such interpreter", "Give `--python` the path of one, or a command.")
    request = Request(
        paths=tuple(paths or ()),
        select=settings.names(select),
        ignore=settings.names(ignore),
        unsafe=unsafe,
        options=tuple(option or ()),
        jobs=jobs,
        use_cache=not no_cache,
        python=python,
        evidence=tuple(evidence or ()),
    )
    testing = settings.testing(
        context, python, test_timeout, jobs, require, accept_traffic=accept_traffic, no_cache=no_cache
    )
    orders = Orders(write=write, format=not no_format, testing=testing if verify else None)
    with Printer(output) as printer:
        report = execute(request, orders, printer)
        printer.print_report(report, output_format.value, show_skips)
    raise typer.Exit(report.exit_code)
