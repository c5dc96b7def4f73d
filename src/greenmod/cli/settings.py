"""Options that several commands share, each declared once."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from greenmod.execute import Verifying


class Format(str, Enum):
    """How a run's result is printed."""

    DIFF = "diff"
    PATCH = "patch"
    JSON = "json"
    JUNIT = "junit"
    SUMMARY = "summary"


class Proof(str, Enum):
    """What a change must have to be kept."""

    PROVEN = "proven"


PathList = list[Path] | None
# A file that can't be read is reported with the others, and does not stop them: hence `readable`.
Paths = Annotated[
    list[Path] | None,
    typer.Argument(metavar="PATH", readable=False, help="Files or folders that may be changed; the current folder."),
]
Select = Annotated[
    list[str] | None,
    typer.Option("--select", metavar="NAME[,NAME]", help="Codemods to run; also package.module:Class of LibCST."),
]
Ignore = Annotated[list[str] | None, typer.Option("--ignore", metavar="NAME[,NAME]", help="Codemods to leave out.")]
Options = Annotated[
    list[str] | None, typer.Option("--option", metavar="CODEMOD.NAME=VALUE", help="An option of one codemod.")
]
Unsafe = Annotated[bool, typer.Option("--unsafe", help="Also changes that may alter what the program means.")]
ShowSkips = Annotated[bool, typer.Option("--show-skips", help="List every site left alone, with its reason.")]
Jobs = Annotated[int | None, typer.Option("--jobs", min=1, metavar="N", help="Processes; as many as pay off.")]
NoCache = Annotated[bool, typer.Option("--no-cache", help="Remember nothing from earlier runs, and nothing for later.")]
NoFormat = Annotated[
    bool, typer.Option("--no-format", help="Don't run `ruff format` on changed files that were formatted.")
]
OutputFormat = Annotated[Format, typer.Option("--format", help="What to print.")]
Output = Annotated[Path | None, typer.Option("--output", metavar="FILE", help="Print to a file.")]
Python = Annotated[
    Path | None, typer.Option("--python", help="The project's interpreter: it runs the tests, and has the libraries.")
]
TestTimeout = Annotated[
    float | None,
    typer.Option(
        "--test-timeout",
        min=0.1,
        metavar="SECONDS",
        help="What one test may take; a minute and ten times what it took before.",
    ),
]
AcceptTraffic = Annotated[
    bool, typer.Option("--accept-traffic", help="Keep changes under which a passing test gets other HTTP answers.")
]
Require = Annotated[
    Proof | None, typer.Option("--require", help="Keep only changes whose lines a passing test has run.")
]
Evidence = Annotated[
    list[Path] | None,
    typer.Option(
        "--evidence",
        metavar="FILE",
        help="What failing tests said: pytest's --junit-xml, or greenmod's own --verify --format json.",
    ),
]
TestJobs = Annotated[
    int | None, typer.Option("--jobs", min=1, metavar="N", help="Processes for the tests, of pytest-xdist.")
]


def testing(
    context: typer.Context,
    python: Path | None,
    test_timeout: float | None,
    jobs: int | None,
    require: Proof | None,
    *,
    accept_traffic: bool,
    no_cache: bool,
) -> Verifying:
    """Say how pytest decides, from the options that are about it and from what follows `--`."""
    from greenmod.execute import Verifying

    return Verifying(
        python,
        tuple(context.obj or ()),
        test_timeout,
        jobs,
        accepts_traffic=accept_traffic,
        requires_proof=require is Proof.PROVEN,
        remembers=not no_cache,
    )


def names(values: list[str] | None) -> tuple[str, ...]:
    """Split repeated, comma-separated values."""
    return tuple(name.strip() for value in values or () for name in value.split(",") if name.strip())
