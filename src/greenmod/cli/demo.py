"""`greenmod demo`: the whole job on a small application, in a temporary folder."""

from __future__ import annotations

import typer


def demo() -> None:
    """Copy a small red application, plan, show, verify, write, and say what turned green."""
    from greenmod.demo import play

    raise typer.Exit(play(typer.echo))
