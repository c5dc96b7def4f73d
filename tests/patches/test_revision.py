"""`--against` with real repositories: the work tree compared with what git would check out."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from greenmod.errors import UsageError
from greenmod.patches import Patch, read_revision
from tests.patches.conftest import Repository

Make = Callable[[Mapping[str, bytes | None]], Repository]
TEXT = b"".join(b"line %d\n" % number for number in range(20))


def ids(patch: Patch) -> list[str]:
    return [change.id for change in patch.plan.changes]


def test_finds_what_is_staged_unstaged_and_untracked(repository: Make) -> None:
    before: dict[str, bytes | None] = {
        "staged.py": TEXT,
        "unstaged.py": TEXT,
        "gone.py": b"gone\n",
        "old.py": TEXT,
        "same.py": b"1\n",
        ".gitignore": b"*.log\n",
    }
    made = repository(before)
    made.put({"staged.py": b"new\n" + TEXT})
    made.git("add", "staged.py")
    after: dict[str, bytes | None] = {
        "staged.py": b"new\n" + TEXT,
        "unstaged.py": TEXT.replace(b"line 9", b"nine"),
        "gone.py": None,
        "old.py": None,
        "ne w/ü.py": TEXT,
        "untracked.py": b"x\n",
    }
    made.put({**{path: data for path, data in after.items() if path != "staged.py"}, "ignored.log": b"x"})

    patch = read_revision(made.root, "HEAD")

    assert ids(patch) == ["gone.py:1", "ne w/ü.py:1", "staged.py:1", "unstaged.py:10", "untracked.py:1"]
    assert patch.plan.changes[1].title == "Rename old.py to ne w/ü.py"
    assert patch.plan.changes[0].why == "the work tree differs from HEAD"
    assert patch.render(patch.plan.ids) == after
    assert patch.render(()) == {path: before.get(path) for path in after}


def test_compares_with_any_commit(repository: Make) -> None:
    made = repository({"a.py": b"1\n"})
    made.put({"a.py": b"2\n", "b.py": b"1\n"})
    made.commit()
    assert ids(read_revision(made.root, "HEAD~1")) == ["a.py:1", "b.py:1"]
    assert ids(read_revision(made.root, "HEAD")) == []


def test_leaves_the_index_as_it_is(repository: Make) -> None:
    made = repository({"a.py": b"1\n"})
    made.put({"a.py": b"2\n", "b.py": b"1\n"})
    index = (made.root / ".git" / "index").read_bytes()
    read_revision(made.root, "HEAD")
    assert (made.root / ".git" / "index").read_bytes() == index


def test_a_file_that_git_forgot_and_still_is_there_is_no_change(repository: Make) -> None:
    made = repository({"a.py": b"1\n", "b.py": b"1\n"})
    made.git("rm", "--cached", "--quiet", "a.py")
    assert ids(read_revision(made.root, "HEAD")) == []


def test_line_ends_are_those_of_a_checkout(repository: Make) -> None:
    made = repository({"a.py": TEXT})
    made.git("config", "core.autocrlf", "true")
    made.put({"a.py": TEXT.replace(b"line 9", b"nine").replace(b"\n", b"\r\n")})
    patch = read_revision(made.root, "HEAD")
    assert ids(patch) == ["a.py:10"]
    assert patch.baselines == {"a.py": TEXT.replace(b"\n", b"\r\n")}


def test_leaves_caches_and_environments_alone(repository: Make) -> None:
    made = repository({"a.py": b"1\n"})
    made.put({"__pycache__/a.pyc": b"\0", "env/pyvenv.cfg": b"", "env/lib/x.py": b"1\n", "b.py": b"1\n"})
    assert ids(read_revision(made.root, "HEAD")) == ["b.py:1"]


def test_takes_a_tree_with_a_conflict(repository: Make) -> None:
    made = repository({"a.py": b"1\n"})
    who = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    made.git("checkout", "--quiet", "-b", "other")
    made.put({"a.py": b"2\n"})
    made.commit()
    made.git("checkout", "--quiet", "-")
    made.put({"a.py": b"3\n"})
    made.commit()
    with pytest.raises(Exception, match="returned non-zero"):
        made.git(*who, "merge", "other")
    assert ids(read_revision(made.root, "HEAD")) == ["a.py:1"]


@pytest.mark.skipif(sys.platform == "win32", reason="modes and links")
def test_leaves_modes_links_and_submodules_alone(repository: Make) -> None:
    made = repository({"tool": b"1\n", "file.py": b"1\n", "a.py": b"1\n", "script": b"1\n"})
    (made.root / "script").chmod(0o755)
    made.commit()
    (made.root / "tool").chmod(0o755)
    (made.root / "script").unlink()
    (made.root / "file.py").unlink()
    (made.root / "file.py").symlink_to("a.py")
    Repository(made.root / "inner", {"x.py": b"1\n"})

    patch = read_revision(made.root, "HEAD")

    assert ids(patch) == ["script:1"]
    assert [(skip.codemod, skip.path, skip.rule) for skip in patch.plan.skips] == [
        ("work-tree", "file.py", "not-a-file"),
        ("work-tree", "inner", "not-a-file"),
        ("work-tree", "tool", "mode"),
    ]
    assert {path: mode & 0o111 for path, mode in patch.modes.items()} == {"script": 0o111}


def test_leaves_a_file_alone_that_becomes_a_folder_or_the_reverse(repository: Make) -> None:
    made = repository({"a": b"1\n", "b/x.py": b"1\n", "c.py": b"1\n"})
    made.put({"a": None, "b/x.py": None, "c.py": b"2\n"})
    (made.root / "b").rmdir()
    made.put({"a/y.py": b"1\n", "b": b"1\n"})
    patch = read_revision(made.root, "HEAD")
    assert ids(patch) == ["c.py:1"]
    assert [(skip.path, skip.rule) for skip in patch.plan.skips] == [
        ("a", "not-a-file"),
        ("a/y.py", "not-a-file"),
        ("b", "not-a-file"),
        ("b/x.py", "not-a-file"),
    ]


@pytest.mark.parametrize("revision", ["nowhere", "", "-x", "--all", "HEAD:a.py"])
def test_says_so_where_there_is_no_such_revision(repository: Make, revision: str) -> None:
    made = repository({"a.py": b"1\n"})
    with pytest.raises(UsageError, match=f"^{revision}: git knows no such revision"):
        read_revision(made.root, revision)


def test_says_so_where_there_is_no_repository(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not a git repository"):
        read_revision(tmp_path, "HEAD")
