"""`greenmod list`: the codemods there are, a line each."""

from __future__ import annotations

from pathlib import Path

import typer


def list_codemods() -> None:
    """List the codemods that can be selected here, the project's own among them."""
    from greenmod import config, registry

    specs = registry.available(config.load(config.find_root(Path.cwd())))
    width = max(map(len, specs), default=0)
    for name, spec in sorted(specs.items()):
        origin = "" if spec.origin == "built-in" else f"  [{spec.origin}]"
        typer.echo(f"{name:{width}}  {spec.safety.value:6}  {spec.summary}{origin}")
