"""Which files a run is about: as git sees them, else by walking, and never what is nobody's to change."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from greenmod.discover import Files, is_inside, is_python, link_target, resolve_paths, uncommitted
from greenmod.errors import UsageError

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
needs_links = pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege on Windows")
needs_odd_names = pytest.mark.skipif(sys.platform == "win32", reason="such names are not possible on Windows")


def write(root: Path, *paths: str) -> Path:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("x\n")
    return root


def git(root: Path, *arguments: str) -> None:
    settings = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *settings, *arguments], cwd=root, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "--quiet")
    return tmp_path


def test_walks_where_there_is_no_git(tmp_path: Path) -> None:
    write(tmp_path, "a.py", "b/c.py", "b/d.txt", ".hidden/e.py", "node_modules/f.py", "venv/g.py", "b/__pycache__/h.py")
    write(tmp_path, "own/pyvenv.cfg", "own/lib/i.py", "b.py", "site-packages/j.py", ".py")
    assert Files(tmp_path, ["."]).all == (".py", "a.py", "b.py", "b/c.py")


@needs_git
def test_lists_what_git_tracks_or_does_not_ignore(repository: Path) -> None:
    write(repository, "tracked.py", "deep/er/tracked.py", "gone.py")
    git(repository, "add", ".")
    write(repository, "new.py", "ignored.py", "deep/ignored.py", "build/kept.py", "notes.txt")
    (repository / ".gitignore").write_text("ignored.py\n")
    (repository / "gone.py").unlink()
    found = Files(repository, ["."]).all
    assert found == ("build/kept.py", "deep/er/tracked.py", "gone.py", "new.py", "tracked.py")


@needs_git
def test_leaves_out_what_is_nobodys_even_when_it_was_committed(repository: Path) -> None:
    paths = ("node_modules/a.py", "x/site-packages/b.py", "x/my_node_modules/c.py", "old-site-packages/d.py")
    write(repository, *paths)
    git(repository, "add", ".")
    assert Files(repository, ["."]).all == ("old-site-packages/d.py", "x/my_node_modules/c.py")


@needs_git
@needs_odd_names
def test_lists_files_of_odd_names(repository: Path) -> None:
    odd = ("a b.py", "é.py", "line\nend.py", os.fsdecode(b"\xff.py"), '"q".py', "-x.py")
    write(repository, *odd)
    assert Files(repository, ["."]).all == tuple(sorted(odd))
    git(repository, "add", ".")
    assert Files(repository, ["."]).all == tuple(sorted(odd))


@needs_git
def test_walks_where_git_cannot_answer(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    write(tmp_path, "a.py")
    assert Files(tmp_path, ["."]).all == ("a.py",)


def test_chooses_below_the_given_paths(tmp_path: Path) -> None:
    write(tmp_path, "a/b.py", "a/c/d.py", "ab/e.py", "f.py", "script")
    assert Files(tmp_path, ["a"]).chosen == ("a/b.py", "a/c/d.py")
    assert Files(tmp_path, ["a/c", "f.py"]).chosen == ("a/c/d.py", "f.py")
    assert Files(tmp_path, ["script", "a/b.py", "a/b.py"]).chosen == ("a/b.py", "script")
    assert Files(tmp_path, ["a", "a/b.py"]).chosen == ("a/b.py", "a/c/d.py")
    assert Files(tmp_path, ["."]).chosen == Files(tmp_path, [".", "a"]).chosen == Files(tmp_path, ["."]).all


@needs_git
def test_file_that_is_named_is_chosen_even_when_git_ignores_it(repository: Path) -> None:
    write(repository, "ignored.py")
    (repository / ".gitignore").write_text("ignored.py\n")
    files = Files(repository, ["ignored.py"])
    assert (files.all, files.chosen) == ((), ("ignored.py",))


@pytest.mark.parametrize(
    ("path", "is_it"),
    [("a.py", True), ("a.pyi", True), ("bin/script", True), ("app.wsgi", True), ("a.txt.py", True)]
    + [(name, False) for name in ("pyproject.toml", "deep/.pytest.ini", "setup.cfg", "requirements.in", "Pipfile")],
)
def test_a_file_may_be_python_unless_its_name_says_otherwise(path: str, is_it: bool) -> None:
    assert is_python(path) == is_it


def test_settings_that_are_named_are_no_python_files(tmp_path: Path) -> None:
    write(tmp_path, "a.py", "pyproject.toml", "requirements.txt", "script", "app.wsgi")
    files = Files(tmp_path, ["pyproject.toml", "requirements.txt", "script", "app.wsgi"])
    assert files.chosen == ("app.wsgi", "script")


@pytest.mark.parametrize(
    ("scope", "covered"),
    [
        (
            [
                ".",
            ],
            "a/conftest.py a/new.py a/pytest.ini ab/new.txt pyproject.toml",
        ),
        (["a"], "a/conftest.py a/new.py a/pytest.ini"),
        (["a/new.py", "pyproject.toml"], "a/new.py pyproject.toml"),
        (["a/conftest.py"], "a/conftest.py"),
        (["hidden.py"], "hidden.py"),
    ],
    ids=str,
)
@needs_git
def test_says_which_files_of_any_kind_may_be_changed_or_made(scope: list[str], covered: str, repository: Path) -> None:
    write(repository, "a/conftest.py", "a/pytest.ini", "pyproject.toml", "hidden.py", "hidden.ini")
    (repository / ".gitignore").write_text("hidden.py\n")
    files = Files(repository, scope, ["hidden.ini", "excluded/"])
    paths = "a/conftest.py a/new.py a/pytest.ini ab/new.txt pyproject.toml hidden.py hidden.ini excluded/new.py"
    assert [path for path in paths.split() if files.covers(path)] == covered.split()


@pytest.mark.parametrize("path", ["a.py", "a/b.ini", ".pytest.ini", "a b/..c", "..."])
def test_plain_name_is_inside(path: str) -> None:
    assert is_inside(path)


@pytest.mark.parametrize("path", ["", "/a", "a//b", "./a", "../a", "a/../b", "a/", ".git/hooks/x", "a/.git/config"])
def test_other_name_is_not_inside(path: str) -> None:
    assert not is_inside(path)


def test_leaves_out_what_the_configuration_excludes(tmp_path: Path) -> None:
    write(tmp_path, "a.py", "docs/b.py", "docs/keep.py", "x/docs/c.py", "x/d_pb2.py")
    files = Files(tmp_path, [".", "docs/b.py"], ["docs/*", "!docs/keep.py", "*_pb2.py"])
    assert files.all == ("a.py", "docs/keep.py", "x/docs/c.py")
    assert Files(tmp_path, ["docs/b.py", "a.py"], ["docs/"]).chosen == ("a.py",)


def test_names_a_pattern_that_is_none(tmp_path: Path) -> None:
    write(tmp_path, "a.py")
    with pytest.raises(UsageError, match=r"\[tool.greenmod\] exclude"):
        _ = Files(tmp_path, ["."], ["!"]).all


def test_paths_are_taken_relative_to_the_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "a/b.py")
    monkeypatch.chdir(tmp_path / "a")
    paths = [Path("b.py"), Path("../a"), Path(), tmp_path]
    assert resolve_paths(tmp_path, paths) == ("a/b.py", "a", "a", ".")


def test_refuses_a_path_outside_the_root(tmp_path: Path) -> None:
    write(tmp_path, "root/a.py", "other/b.py")
    with pytest.raises(UsageError, match="lies outside the root"):
        resolve_paths(tmp_path / "root", [tmp_path / "other/b.py"])


@needs_links
def test_refuses_a_link_that_leaves_the_root(tmp_path: Path) -> None:
    write(tmp_path, "root/a.py", "other/b.py")
    (tmp_path / "root/link").symlink_to(tmp_path / "other")
    with pytest.raises(UsageError, match="lies outside the root"):
        resolve_paths(tmp_path / "root", [tmp_path / "root/link/b.py"])


@needs_links
def test_says_where_a_link_leads(tmp_path: Path) -> None:
    root = write(tmp_path / "root", "a.py", "d/b.py")
    (root / "link.py").symlink_to("a.py")
    (root / "e").symlink_to("d")
    (root / "broken.py").symlink_to("nothing.py")
    (tmp_path / "rootlink").symlink_to(root)
    assert [link_target(root, path) for path in ("a.py", "d/b.py", "gone.py")] == [None, None, None]
    assert link_target(root, "link.py") == str(root / "a.py")
    assert link_target(root, "e/b.py") == str(root / "d/b.py")
    assert link_target(root, "broken.py") == str(root / "nothing.py")
    assert link_target(tmp_path / "rootlink", "a.py") is None


@needs_git
@needs_odd_names
def test_names_files_with_uncommitted_changes(repository: Path) -> None:
    write(repository, "clean.py", "staged.py", "dirty é.py", "*.py")
    assert uncommitted(repository, ("clean.py",)) == ()
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "-m", "all")
    for path in ("staged.py", "dirty é.py"):
        (repository / path).write_text("y\n")
    git(repository, "add", "staged.py")
    paths = ("*.py", "clean.py", "dirty é.py", "staged.py")
    assert uncommitted(repository, paths) == ("dirty é.py", "staged.py")
    assert uncommitted(repository, ("*.py",)) == ()
    assert uncommitted(repository, ()) == ()


def test_nothing_is_uncommitted_outside_git(tmp_path: Path) -> None:
    assert uncommitted(write(tmp_path, "a.py"), ("a.py",)) == ()
