"""What the runs of a verification left behind, kept until it ends: one that was stopped or killed goes on from there.

It is about one content of the repository, one environment and one selection of tests: if any of them has changed,
nothing is remembered. It is never needed and never an error.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path

from greenmod.errors import VerifyError
from greenmod.verify.outcomes import Ending
from greenmod.verify.transcript import Transcript

# What was stopped so long ago, in seconds, says nothing of databases and services that the tests rely on.
_LONGEST = 24 * 3600.0
# What differs from one terminal to the next, and from one start to the next.
_TERMINAL = re.compile(r"_|SHLVL|PWD|OLDPWD|COLUMNS|LINES|WINDOWID|(TERM|SSH|XDG_SESSION|TMUX|VSCODE)(_.*)?")


class Memory:
    """Transcripts by key in a folder of their own; without a folder nothing is kept."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def recall(self, key: str) -> Transcript | None:
        """Return what was kept under a key."""
        if self._folder is None:
            return None
        try:
            found = json.loads((self._folder / key).read_text(encoding="utf-8"))
            return Transcript(**{**found, "lines": tuple(found["lines"]), "ending": Ending(found["ending"])})
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def keep(self, key: str, transcript: Transcript) -> None:
        """Keep a transcript; a kill while it is written leaves nothing that could be taken for one."""
        if self._folder is None:
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            half = self._folder / f"{key}.{os.getpid()}"
            half.write_text(json.dumps(asdict(transcript)), encoding="utf-8")
            half.replace(self._folder / key)
        except OSError:
            self._folder = None

    def forget(self) -> None:
        """Forget everything: the verification has ended."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)


@contextmanager
def remembering(above: Path | None, *about: object) -> Iterator[Memory]:
    """Remember runs about something until the block ends; not if it is stopped. `above` holds what others remember."""
    if above is None:
        yield Memory(None)
        return
    _forget_old(above)
    memory = Memory(above / sha256(repr(about).encode()).hexdigest()[:32])
    try:
        yield memory
    except VerifyError:  # what it is about may be put right where nobody sees it from here, such as in a database
        memory.forget()
        raise
    memory.forget()


def variables(env: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return the environment variables that tests may go by, sorted."""
    return tuple(sorted((name, value) for name, value in env.items() if not _TERMINAL.fullmatch(name)))


def _forget_old(above: Path) -> None:
    for folder in above.glob("*"):
        with suppress(OSError):  # another verification forgets it
            if time.time() - folder.stat().st_mtime > _LONGEST:
                shutil.rmtree(folder, ignore_errors=True)
