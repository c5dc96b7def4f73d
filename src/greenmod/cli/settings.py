"""Options that several commands share, each declared once."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer


class Format(str, Enum):
    """How a run's result is printed."""

    DIFF = "diff"
    PATCH = "patch"
    JSON = "json"
    SUMMARY = "summary"


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
Python = Annotated[Path | None, typer.Option("--python", help="The interpreter that runs the project's tests.")]


def names(values: list[str] | None) -> tuple[str, ...]:
    """Split repeated, comma-separated values."""
    return tuple(name.strip() for value in values or () for name in value.split(",") if name.strip())
