"""Where the project's modules were imported from, and from where they would be imported from the sandbox.

An environment that holds an install of the project brings its own idea of that. Nothing here touches the disk.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from greenmod.errors import VerifyError
from greenmod.verify.outcomes import Foreign, Run


def find_holders(foreign: Mapping[str, Foreign]) -> frozenset[str]:
    """Return the folders of the original tree from which the `foreign` modules can be imported by their names."""
    holders = (_holder(module, Path(place.original)) for module, place in foreign.items())
    return frozenset(str(holder) for holder in holders if holder is not None)


def check_origin(run: Run) -> None:
    """Raise VerifyError if modules of the project were imported from anywhere but the sandbox."""
    if not run.record.foreign:
        return
    module = min(run.record.foreign, key=lambda name: (name.count("."), name))
    ignored = "If git ignores that file, name it in `[tool.greenmod] sandbox-include`. Otherwise: "
    raise VerifyError(
        f"{module}: imported from {run.record.foreign[module].file}, not from the sandbox, so the tests would not "
        "notice any change",
        # The package of a submodule came from the sandbox, or it would be the one that is named.
        f"{ignored if '.' in module else ''}The environment holds an install of the project that goes before "
        "PYTHONPATH, or the tests name the place. Take one that has what the project needs but not the project itself, "
        "with `--python`.",
    )


def _holder(module: str, file: Path) -> Path | None:
    """Return the folder from which `module` can be imported; None if it is not called what its file is called."""
    names = module.split(".")
    place = file.parent if file.name.startswith("__init__.") else file.parent / file.name.split(".")[0]
    return place.parents[len(names) - 1] if place.parts[-len(names) :] == tuple(names) else None
