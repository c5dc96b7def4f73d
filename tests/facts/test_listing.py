"""What the cached listing says is what git says, whatever happens between two starts."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from greenmod.discover import list_by_git
from greenmod.facts.cache import Cache
from greenmod.facts.listing import list_cached
from greenmod.facts.worktree import read_worktree

_HOUR = 3_600_000_000_000


def git(root: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    subprocess.run(["git", *identity, *arguments], cwd=root, check=True, capture_output=True)


def write(path: Path, text: str = "x = 1\n") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "shop"
    for path in ("app/models.py", "app/api/routes.py", "setup.py", "build/made.py", ".gitignore"):
        write(root / path, "/build/\n*.tmp.py\n" if path == ".gitignore" else "x = 1\n")
    git(root, "init", "--quiet")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message", "all")
    return root


@pytest.fixture
def listed(root: Path, tmp_path: Path) -> Iterator[Callable[[], list[str]]]:
    """List through one cache, as if every time stamp were an hour old: all that can be remembered is."""
    with Cache(tmp_path / "cache.sqlite3") as cache:
        yield lambda: list(list_cached(root, cache, clock=lambda: time.time_ns() + _HOUR) or ())


def nest(root: Path) -> None:
    write(root / "lib/a.py")
    git(root / "lib", "init", "--quiet")


EVENTS: dict[str, Callable[[Path], object]] = {
    "nothing": lambda root: None,
    "new_file": lambda root: write(root / "app/new.py"),
    "rule_outside_the_tree": lambda root: write(root / ".git/info/exclude", "app/new.py\n"),
    "new_file_that_is_ignored": lambda root: write(root / "app/new.tmp.py"),
    "new_file_in_ignored_folder": lambda root: write(root / "build/more.py"),
    "new_empty_folder": lambda root: (root / "jobs").mkdir(),
    "new_folder": lambda root: write(root / "jobs/daily/run.py"),
    "new_file_in_new_folder": lambda root: write(root / "jobs/daily/again.py"),
    "rule_added": lambda root: write(root / ".gitignore", "/build/\n*.tmp.py\n/jobs/\n"),
    "rule_dropped": lambda root: write(root / ".gitignore", ""),
    "new_repository_inside": nest,
    "repository_inside_dissolved": lambda root: shutil.rmtree(root / "lib/.git", ignore_errors=True),
    "file_renamed": lambda root: (root / "app/models.py").rename(root / "app/tables.py"),
    "file_gone": lambda root: (root / "setup.py").unlink(),
    "file_removed_from_index": lambda root: git(root, "rm", "--quiet", "--cached", "setup.py"),
    "ignored_file_added": lambda root: git(root, "add", "--force", "build/made.py"),
    "folder_gone": lambda root: shutil.rmtree(root / "app/api"),
    "installed_package": lambda root: write(root / "env/site-packages/a.py"),
}


@pytest.mark.parametrize("event", EVENTS)
def test_lists_what_git_lists_after_an_event(root: Path, listed: Callable[[], list[str]], event: str) -> None:
    listed()
    EVENTS[event](root)
    assert listed() == listed() == list_by_git(root)


def test_lists_what_git_lists_through_a_chain_of_events(root: Path, listed: Callable[[], list[str]]) -> None:
    for name, event in EVENTS.items():
        event(root)
        assert listed() == listed() == list_by_git(root), name


def test_remembers_a_tree_that_did_not_change(root: Path, listed: Callable[[], list[str]]) -> None:
    shutil.rmtree(root / "build")  # nothing is untracked, so git has nothing to say
    before = listed()
    (root / ".git/HEAD").rename(root / ".git/HEAD.away")
    assert list_by_git(root) is None
    assert listed() == before == ["app/api/routes.py", "app/models.py", "setup.py"]


def test_does_not_remember_what_was_touched_just_now(root: Path, tmp_path: Path) -> None:
    with Cache(tmp_path / "cache.sqlite3") as cache:
        before = list_cached(root, cache)
        (root / ".git/HEAD").rename(root / ".git/HEAD.away")
        assert before is not None
        assert list_cached(root, cache) is None


def test_reads_no_folder_that_git_ignores(root: Path) -> None:
    tree = read_worktree(root)
    assert tree is not None
    assert tree.folders == (".", "app/", "app/api/")
    assert tree.untracked == ("build/",)
    assert tree.spared == ()
