"""The environment under test and the programs beside it: where they are, which versions, what they may write to."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from clock import Command

_LIBCST_VERSION = "import importlib.metadata as m; print(m.version('libcst'))"
_VERSIONS = {
    "greenmod": ("greenmod", "--version"),
    "LibCST": ("python", "-c", _LIBCST_VERSION),
    "ast-grep": ("ast-grep", "--version"),
    "bump-pydantic": ("bump-pydantic", "--version"),
    "ruff": ("ruff", "--version"),
    "ripgrep": ("rg", "--version"),
    "git": ("git", "--version"),
    "Python": ("python", "--version"),
}
# What the environment under test looks for by default (of words that must all be there, the first), and the files of
# a tree that it would look into.
_PROBE = """\
import json, pathlib, sys
from greenmod import session
run = session.start(session.Request((pathlib.Path(sys.argv[1]),), use_cache=False))
entries = [entry for spec in run.selection.specs for entry in spec.triggers]
words = sorted({entry if isinstance(entry, str) else entry[0] for entry in entries})
json.dump({"words": words, "candidates": sorted(session.find_candidates(run))}, sys.stdout)
"""


@dataclass(frozen=True, slots=True)
class Tools:
    """Programs are taken from beside `python`, else from `PATH`. `env` is what every command runs in."""

    python: Path
    work: Path
    env: Mapping[str, str]

    @classmethod
    def of(cls, python: Path, work: Path) -> Tools:
        """Look at the environment of `python`. Ends the program where greenmod is not in it."""
        if shutil.which("greenmod", path=str(python.parent)) is None:
            sys.exit(f"greenmod is not installed beside {python}: install it there from a wheel")
        env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "GREENMOD_"))}
        env["PATH"] = f"{python.parent}{os.pathsep}{env.get('PATH', os.defpath)}"
        memory = {"GREENMOD_CACHE_DIR": str(work / "cache"), "GREENMOD_STATE_DIR": str(work / "state")}
        return cls(python, work, {**env, **memory, "NO_COLOR": "1"})

    def forget(self) -> None:
        """Remove what greenmod remembers of earlier runs."""
        for name in ("GREENMOD_CACHE_DIR", "GREENMOD_STATE_DIR"):
            shutil.rmtree(self.env[name], ignore_errors=True)

    def installed(self, commands: Sequence[Command]) -> list[Command]:
        """Leave out the commands whose program is not there."""
        return [command for command in commands if self._find(command.argv[0])]

    def versions(self) -> Iterator[tuple[str, str]]:
        """Yield each program with its version, and the machine."""
        for name, argv in _VERSIONS.items():
            if self._find(argv[0]) is None:
                yield name, "not installed: left out"
                continue
            done = subprocess.run(argv, env=self.env, capture_output=True, text=True, check=True)
            found = re.search(r"\d+\.\d[\w.]*", done.stdout)
            yield name, found[0] if found else "unknown"
        yield "machine", f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"

    def probe(self, root: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the words that greenmod looks for by default, and the files under `root` that it would look into."""
        argv = (str(self.python), "-c", _PROBE, str(root))
        found = json.loads(subprocess.run(argv, env=self.env, stdout=subprocess.PIPE, check=True).stdout)
        return tuple(found["words"]), tuple(found["candidates"])

    def _find(self, program: str) -> str | None:
        return shutil.which(program, path=self.env["PATH"])
