"""Which commands do the same work: what greenmod is measured against, and on what."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from clock import Command, Rounds, Times
from corpora import Repository
from tools import Tools

GREENMOD, LIBCST, AST_GREP, BUMP = "greenmod", "libcst.tool", "ast-grep", "bump-pydantic"
RIPGREP, RUFF, GIT = "ripgrep", "ruff", "git status"
PYTHON, VERSION, RUN, HOOK, HOOK_CHANGE = "python", "version", "one file", "hook, no trigger word", "hook, one change"

_CODEMODS = Path(__file__).resolve().parent / "codemods"
CONFIGURATION = f'\n[tool.greenmod]\ncodemods = ["{(_CODEMODS / "rename_base_model.py").as_posix()}"]\n'
_RENAME = (
    *("greenmod", "run", "--select", "rename-base-model", "--write", "--no-format", "--format", "summary"),
    *("--jobs", "1"),
)
_AST_GREP_RENAME = ("ast-grep", "run", "-p", "BaseModel", "-r", "BaseSchema", "-l", "py", "--update-all")
_LIBCST_RENAME = (
    *("python", "-m", "libcst.tool", "codemod", "-x", "--no-format", "--hide-progress", "--jobs=1"),
    "libcst_rename.RenameBaseModel",
)
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

    def has(self, name: str) -> bool:
        return name in self.times.seconds

    def ratio(self, name: str) -> float:
        """Return how much more `name` cost than the first command."""
        return self.times.ratio(name, self.commands[0].name)


@dataclass(frozen=True, slots=True)
class Track:
    """Where and how often races are run."""

    tools: Tools
    rounds: Rounds

    def run(self, title: str, text: str, commands: Sequence[Command]) -> Race:
        """Run those of `commands` that are installed."""
        print(title, file=sys.stderr, flush=True)
        present = self.tools.installed(commands)
        return Race(title, text, present, self.rounds.time(present, self.tools.env))


def rename(track: Track, clone: Callable[[str], Repository]) -> tuple[Race, Race]:
    """Rename an identifier over a checkout and in one of its files, each tool in its own clone.

    Ends the program where LibCST's tool writes other bytes.
    """
    clones = {name: clone(name) for name in (GREENMOD, LIBCST, AST_GREP)}
    race = track.run("An identifier renamed in a repository", "", _renaming(track.tools, clones, "."))
    results = {name: clones[name].changed() for name in race.times.seconds}
    mine = results[GREENMOD]
    if not mine or mine != results[LIBCST]:
        sys.exit(f"greenmod and LibCST's tool disagree: compare {clones[GREENMOD].root} and {clones[LIBCST].root}")
    text = (
        f"`BaseModel` becomes `BaseSchema` in {len(mine)} files of {len(clones[GREENMOD].python_files):,}, without a "
        f"cache. LibCST's tool writes the same bytes as greenmod{_difference(mine, results.get(AST_GREP))}."
    )
    middle = sorted(mine, key=lambda path: (len(mine[path]), path))[len(mine) // 2]
    one = f"In `{middle}`, in the middle of those files by size: mostly what a start costs."
    return replace(race, text=text), track.run("The same in one file", one, _renaming(track.tools, clones, middle))


def _renaming(tools: Tools, clones: Mapping[str, Repository], path: str) -> list[Command]:
    def fresh() -> None:
        tools.forget()
        clones[GREENMOD].restore()

    mine, pattern, theirs = (clones[name] for name in (GREENMOD, AST_GREP, LIBCST))
    env = {"PYTHONPATH": str(_CODEMODS)}
    return [
        Command(GREENMOD, (*_RENAME, path), mine.root, fresh),
        Command(AST_GREP, (*_AST_GREP_RENAME, path), pattern.root, pattern.restore),
        Command(LIBCST, (*_LIBCST_RENAME, path), theirs.root, theirs.restore, env, is_slow=path == "."),
    ]


def _difference(mine: Mapping[str, bytes], other: Mapping[str, bytes] | None) -> str:
    if other is None:
        return ""
    paths = sorted(path for path in {*mine, *other} if mine.get(path) != other.get(path))
    return f", and ast-grep others in {len(paths)} files (such as `{paths[0]}`)" if paths else ", and so does ast-grep"


def cold(track: Track, tree: Repository, words: Sequence[str]) -> Race:
    """Look through a large tree in which there is nothing to do, without a cache."""
    patterns = [part for word in words for part in ("-e", word)]
    text = "Nothing to do, and no cache. ripgrep looks for the words that greenmod looks for first."
    commands = [
        Command(GREENMOD, ("greenmod", "run"), tree.root, track.tools.forget),
        Command(RIPGREP, ("rg", "-l", "-F", "-t", "py", *patterns, "."), tree.root, codes=(0, 1)),
    ]
    return track.run("A large tree, cold", text, commands)


def warm(track: Track, tree: Repository) -> Race:
    """Look through the same tree again."""
    commands = [
        Command(GREENMOD, ("greenmod", "run"), tree.root),
        Command(GIT, ("git", "status", "--porcelain"), tree.root),
    ]
    return track.run("A large tree, warm", "The same again, with the cache of the run before.", commands)


def parsers(track: Track, tree: Repository) -> Race:
    """Compare with tools that parse every file."""
    text = "Tools that parse every file of that tree: one rule, one pattern. greenmod has no cache."
    ruff = ("ruff", "check", "--isolated", "--no-cache", "--select", "F401", "--exit-zero", "--quiet")
    ast_grep = ("ast-grep", "run", "-p", "orm_mode", "-l", "py")
    commands = [
        Command(GREENMOD, ("greenmod", "run"), tree.root, track.tools.forget),
        Command(RUFF, ruff, tree.root),
        Command(AST_GREP, ast_grep, tree.root, codes=(0, 1), is_slow=True),
    ]
    return track.run("A large tree, parsed", text, commands)


def bump_pydantic(track: Track, tree: Repository, folder: str) -> Race:
    """Compare with bump-pydantic on a folder that it can manage."""
    small = [path for path in tree.python_files if path.startswith(f"{folder}/")]
    text = (
        f"bump-pydantic on {len(small)} files of that tree; on all of them it would take hours. greenmod has no cache."
    )
    commands = [
        Command(GREENMOD, ("greenmod", "run", folder), tree.root, track.tools.forget),
        Command(BUMP, (BUMP, "--diff", "--log-file", os.devnull, folder), tree.root, is_slow=True),
    ]
    return track.run("A small folder, cold", text, commands)


def start(track: Track, tree: Repository, checkout: Repository) -> Race:
    """What single starts cost: in the large tree, where nothing is found, and in the checkout, with one change."""
    by_size = sorted(tree.python_files, key=lambda path: ((tree.root / path).stat().st_size, path))
    middle = by_size[len(by_size) // 2]
    model = checkout.root / "bench_model.py"
    write = partial(model.write_text, _MODEL, encoding="utf-8")
    text = "A file of the large tree, in which there is nothing to do; and one change, in the repository."
    commands = [
        Command(PYTHON, ("python", "-c", "pass"), tree.root),
        Command(VERSION, ("greenmod", "--version"), tree.root),
        Command(HOOK, ("greenmod", "hook", middle), tree.root),
        Command(RUN, ("greenmod", "run", middle), tree.root),
        Command(HOOK_CHANGE, ("greenmod", "hook", model.name), checkout.root, write, codes=(1,)),
    ]
    return track.run("One start", text, commands)
