"""`greenmod trace`: run the tests once, and say what they make SQLAlchemy load lazily."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import typer

from greenmod.cli import settings


class TraceFormat(str, Enum):
    """How a trace is printed."""

    TEXT = "text"
    JSON = "json"


def trace(
    context: typer.Context,
    paths: Annotated[
        settings.PathList,
        typer.Argument(metavar="PATH", readable=False, help="Files or folders whose queries count; all of them."),
    ] = None,
    python: settings.Python = None,
    output: settings.Output = None,
    output_format: Annotated[TraceFormat, typer.Option("--format", help="What to print.")] = TraceFormat.TEXT,
    max_lazy: Annotated[
        int | None, typer.Option("--max-lazy", min=0, metavar="N", help="Leave with 1 if there are more lazy loads.")
    ] = None,
    cold: Annotated[
        bool, typer.Option("--cold", help="Before each request, expire what sessions hold that tests share with it.")
    ] = False,
    test_timeout: settings.TestTimeout = None,
    jobs: settings.TestJobs = None,
) -> None:
    """Run the tests once, in a copy of the tree, and print what they load lazily: by test, and by path.

    JSON is evidence for `greenmod run --evidence`. What follows `--` goes to pytest: `greenmod trace -- tests/api`.
    """
    from greenmod.cli.printing import Printer
    from greenmod.execute import execute_trace
    from greenmod.model import ExitCode
    from greenmod.report.tracing import trace_json, trace_summary, trace_text

    testing = settings.testing(context, python, test_timeout, jobs, None, accept_traffic=False, no_cache=True)
    with Printer(output) as printer:
        found = execute_trace(tuple(paths or ()), testing, printer, is_cold=cold)
        text = trace_json(found) if output_format is TraceFormat.JSON else "".join(trace_text(found))
        printer.print_text(text, trace_summary(found, max_lazy))
    is_over = max_lazy is not None and found.lazy > max_lazy
    raise typer.Exit(ExitCode.CHANGES if is_over else ExitCode.OK)
