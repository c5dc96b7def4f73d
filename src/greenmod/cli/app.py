"""The Typer application: registers the commands, each of which lives in its own file."""

from __future__ import annotations

import typer

from greenmod import __version__
from greenmod.cli import demo, explain, hook, listing, new, run, test, trace, undo, verify
from greenmod.model import ExitCode

# What the parser raises for wrong usage. Typer stands on click, or since 0.26 on a copy of it: the class has one name.
_ParserError: type[Exception] = next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException")

app = typer.Typer(
    name="greenmod",
    help="Codemods that keep the tests green.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,
)
app.command("run")(run.run)
app.command("verify")(verify.verify)
app.command("trace")(trace.trace)
app.command("list")(listing.list_codemods)
app.command("explain")(explain.explain)
app.command("new")(new.new)
app.command("test")(test.test)
app.command("undo")(undo.undo)
app.command("demo")(demo.demo)
app.command("hook")(hook.hook)


@app.callback()
def _options(version: bool = typer.Option(False, "--version", "-V", help="Print the version.", is_eager=True)) -> None:
    if version:
        typer.echo(f"greenmod {__version__}")
        raise typer.Exit


def run_app(argv: list[str]) -> int:
    """Run one command; what follows the `--` of `run`, `verify` and `trace` goes to pytest. Returns the exit code."""
    pytest_args: tuple[str, ...] = ()
    if argv[:1] in (["run"], ["verify"], ["trace"]) and "--" in argv:
        cut = argv.index("--")
        argv, pytest_args = argv[:cut], tuple(argv[cut + 1 :])
    try:
        code = app(argv, prog_name="greenmod", standalone_mode=False, obj=pytest_args)
    except _ParserError as error:
        error.show()  # type: ignore[attr-defined]
        return int(ExitCode.USAGE)
    except typer.Abort as error:  # of an older Typer, for Ctrl-C
        raise error.__cause__ or KeyboardInterrupt from error
    except SystemExit as error:
        if isinstance(error.__context__, BrokenPipeError):  # Typer ends the process where the reader went away
            raise error.__context__ from None
        raise
    if code == ExitCode.INTERRUPTED:  # of a newer one
        raise KeyboardInterrupt
    return int(code or ExitCode.OK)
