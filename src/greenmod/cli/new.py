"""`greenmod new`: a codemod to start from, with one case that changes and one that must not."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def new(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Such as `rename-base-model`: <old>-to-<new> or <verb>-<thing>.")
    ],
) -> None:
    """Write a codemod of your own and two cases into this repository; it runs and its cases pass."""
    from greenmod import config
    from greenmod.cases.scaffold import scaffold
    from greenmod.errors import FileError, UsageError

    settings = config.load(config.find_root(Path.cwd()))
    folders = [entry for entry in settings.codemods if not (settings.root / entry).is_file()]
    folder = folders[0] if folders else "codemods"
    files = scaffold(name, folder, settings.fixtures)
    for path in files:
        if (settings.root / path).exists():
            raise UsageError(f"{settings.root / path} exists already", "Choose another name, or remove it first.")
    for path, text in files.items():
        try:
            (settings.root / path).parent.mkdir(parents=True, exist_ok=True)
            (settings.root / path).write_text(text, encoding="utf-8")
        except OSError as error:
            raise FileError(path, f"can't be written: {error.strerror}", "Check the folder's permissions.") from error
        typer.echo(path)
    if not folders:
        typer.echo(
            "\nTo let greenmod load it, say so in pyproject.toml (code in a repository never runs unasked):\n"
            f'\n    [tool.greenmod]\n    codemods = ["{folder}"]\n',
            err=True,
        )
    typer.echo(f"Next: `greenmod test {name}`, then `greenmod run --select {name}`.", err=True)
