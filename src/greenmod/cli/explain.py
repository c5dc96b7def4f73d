"""`greenmod explain`: a codemod's documentation, made from its docstring, its options and its cases."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def explain(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A codemod's name; `greenmod list` has all of them.")],
) -> None:
    """Print what a codemod does, why, what it leaves alone, its options, and real examples."""
    from greenmod import config, registry
    from greenmod.cases.page import page

    settings = config.load(config.find_root(Path.cwd()))
    specs = registry.available(settings)
    registry.check_known(name, specs)
    is_own = specs[name].origin == "project"
    fixtures = settings.root / settings.fixtures if is_own else registry.fixtures_folder()
    typer.echo(page(specs[name], fixtures), nl=False)
