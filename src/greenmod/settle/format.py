"""Keep a formatted project formatted: `ruff format` for changed files that were stable under it before.

Only where the project configures a formatter. Two calls of ruff for hundreds of files: one asks which files were
stable, one formats the results, both in a folder that holds copies of the project's settings.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from greenmod.discover import is_python

_SETTINGS = ("pyproject.toml", "ruff.toml", ".ruff.toml")
_COMMAND_LINE = 24_000  # characters of paths; Windows takes 32 767 in all


def formatted(root: Path, before: Mapping[str, bytes], after: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return `after` with those files formatted that were stable before, by POSIX path relative to `root`."""
    paths = [path for path in after if path in before and is_python(path) and _has_formatter(root, path)]
    ruff = _find_ruff()
    if not paths or ruff is None:
        return dict(after)
    with tempfile.TemporaryDirectory(prefix="greenmod-format-") as name:
        folder = Path(name)
        _copy_settings(root, folder, paths)
        _write(folder, {path: before[path] for path in paths})
        unstable = _unstable(ruff, folder, {path: before[path] for path in paths})
        stable = [path for path in paths if path not in unstable]
        _write(folder, {path: after[path] for path in stable})
        _format(ruff, folder, stable)
        return {**after, **{path: (folder / path).read_bytes() for path in stable}}


def _has_formatter(root: Path, path: str) -> bool:
    """Tell whether the settings nearest to a file speak of ruff."""
    for parent in Path(path).parents:
        folder = root / parent
        if (folder / "ruff.toml").is_file() or (folder / ".ruff.toml").is_file():
            return True
        project = folder / "pyproject.toml"
        if project.is_file() and b"[tool.ruff" in project.read_bytes():
            return True
    return False


def _find_ruff() -> str | None:
    beside = Path(sys.executable).with_name("ruff" + (".exe" if os.name == "nt" else ""))
    return str(beside) if beside.is_file() else shutil.which("ruff")


def _copy_settings(root: Path, folder: Path, paths: list[str]) -> None:
    for parent in {parent for path in paths for parent in Path(path).parents}:
        (folder / parent).mkdir(parents=True, exist_ok=True)
        for name in _SETTINGS:
            if (root / parent / name).is_file():
                shutil.copyfile(root / parent / name, folder / parent / name)


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    for path, data in files.items():
        (folder / path).write_bytes(data)


def _unstable(ruff: str, folder: Path, before: Mapping[str, bytes]) -> set[str]:
    """Ask which files ruff would change, or can't judge."""
    failed = _format(ruff, folder, sorted(before))
    return failed | {path for path, data in before.items() if (folder / path).read_bytes() != data}


def _format(ruff: str, folder: Path, paths: Sequence[str]) -> set[str]:
    """Format files where they are; return those that ruff can't read or parse, all where it doesn't say which."""
    failed: set[str] = set()
    for batch in _batches(paths):
        command = [ruff, "format", "--no-cache", "--force-exclude", "--", *batch]
        done = subprocess.run(command, cwd=folder, capture_output=True)
        if done.returncode:
            said = os.fsdecode(done.stderr)
            failed |= {path for path in batch if f" {path}:" in said} or set(batch)
    return failed


def _batches(paths: Sequence[str]) -> Iterator[list[str]]:
    """Cut a list of paths so that each part fits in a command line, on Windows too."""
    batch: list[str] = []
    size = 0
    for path in paths:
        if batch and size + len(path) > _COMMAND_LINE:
            yield batch
            batch, size = [], 0
        batch.append(path)
        size += len(path) + 3
    if batch:
        yield batch
