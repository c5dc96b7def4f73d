"""Git as a child process, in a repository or apart from any."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Collection, Mapping
from pathlib import Path

from greenmod.errors import UsageError


class GitError(Exception):
    """What git said when it failed; the callers know what that means for the user."""


def run_git(
    folder: Path,
    *arguments: str,
    given: bytes = b"",
    env: Mapping[str, str] | None = None,
    codes: Collection[int] = (0,),
) -> bytes:
    """Return what a git command prints. Raises GitError; UsageError where there is no git."""
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", **(env or {})}
    try:
        done = subprocess.run(["git", *arguments], cwd=folder, input=given, capture_output=True, env=environment)
    except FileNotFoundError as error:
        raise UsageError("git can't be found; it is what reads diffs", "Install git, or add it to PATH.") from error
    if done.returncode not in codes:
        raise GitError(os.fsdecode(done.stderr).strip())
    return done.stdout


def names(printed: bytes) -> list[str]:
    """Split what git prints under `-z`."""
    return [os.fsdecode(name) for name in printed.split(b"\0") if name]


def apart(folder: Path) -> dict[str, str]:
    """Return the variables that make git see no repository around `folder`."""
    return {"GIT_CEILING_DIRECTORIES": os.path.realpath(folder.parent)}
