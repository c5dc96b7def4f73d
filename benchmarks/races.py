"""Which commands do the same work: what greenmod is measured against, and on what."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from clock import Command, Rounds, Times
from corpora import Repository
from tools import Tools

GREENMOD, LIBCST, AST_GREP, BUMP = "greenmod", "libcst.tool", "ast-grep", "bump-pydantic"
RIPGREP, RUFF, GIT = "ripgrep", "ruff", "git status"
NOTHING, VERSION, HOOK, HOOK_CHANGE, RUN = "python", "version", "hook, no trigger word", "hook, one change", "one file"

_CODEMODS = Path(__file__).resolve().parent / "codemods"
CONFIGURATION = f'\n[tool.greenmod]\ncodemods = ["{(_CODEMODS / "rename_base_model.py").as_posix()}"]\n'
_MODEL = """\
from pydantic import BaseModel


class Book(BaseModel):
    title: str

    class Config:
        orm_mode = True
"""


@dataclass(frozen=True, slots=True)
class Race:
    """Commands that did the same work. The first one is what the others are compared with."""

    title: str
    text: str
    commands: Sequence[Command]
    times: Times

    def ratio(self, name: str, other: str) -> float:
        return self.times.ratio(name, other)


@dataclass(frozen=True, slots=True)
class Track:
    """Where and how often races are run."""

    tools: Tools
    rounds: Rounds

    def run(self, title: str, text: str, commands: Sequence[Command]) -> Race:
        present = self.tools.installed(commands)
        return Race(title, text, present, self.rounds.time(present, self.tools.env))


def rename(track: Track, new_clone: Callable[[str], Repository]) -> tuple[Race, Race]:
    """Rename an identifier over a checkout and in one of its files, each tool in its own clone.

    Ends the program where LibCST's tool gets other bytes.
    """
    clones = {name: new_clone(name) for name in (GREENMOD, LIBCST, AST_GREP)}
    race = track.run("An identifier renamed in a repository", "", _renaming(track.tools, clones, "."))
    results = {name: clones[name].changed() for name in race.times.seconds}
    mine = results[GREENMOD]
    if not mine or mine != results[LIBCST]:
        sys.exit(f"greenmod and LibCST's tool disagree: compare {clones[GREENMOD].root} and {clones[LIBCST].root}")
    text = (
        f"`BaseModel` becomes `BaseSchema`, wherever it is a name, in {len(mine)} files of {clones[GREENMOD].size}. "
        f"greenmod and LibCST's tool write the same bytes; {_difference(mine, results.get(AST_GREP))} "
        "greenmod has no cache."
    )
    by_size = sorted(mine, key=lambda path: (len(mine[path]), path))
    middle = by_size[len(by_size) // 2]
    one = f"The same in a single file, `{middle}`: mostly what starting costs."
    return (
        Race(race.title, text, race.commands, race.times),
        track.run("The same in one file", one, _renaming(track.tools, clones, middle)),
    )
