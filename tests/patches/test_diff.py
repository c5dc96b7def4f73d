"""`--diff` with real diffs by git: what each kind comes to, and what can't be taken."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from greenmod.errors import UsageError
from greenmod.model import Skip
from greenmod.patches import Patch, read_diff
from tests.patches.conftest import Repository

Make = Callable[[Mapping[str, bytes | None]], Repository]
TEXT = b"".join(b"line %d\n" % number for number in range(20))


def ids(patch: Patch) -> list[str]:
    return [change.id for change in patch.plan.changes]


def test_gives_what_git_apply_would_give(repository: Make) -> None:
    before: dict[str, bytes | None] = {
        "hunks.py": TEXT,
        "crlf.py": TEXT.replace(b"\n", b"\r\n"),
        "unended.py": b"a\nb",
        "latin.py": b"# coding: latin-1\nx = '\xe9'\n",
        "gone.py": b"gone\n",
        "old name.py": TEXT,
        "image.bin": b"\0\1",
        'ü d/q"uo te.py': b"1\n",
        "untouched.py": b"1\n",
    }
    after: dict[str, bytes | None] = {
        "hunks.py": b"first\n" + TEXT + b"last",
        "crlf.py": TEXT.replace(b"\n", b"\r\n").replace(b"line 5", b"five"),
        "unended.py": b"a\nb\n",
        "latin.py": b"# coding: latin-1\nx = '\xe8'\n",
        "gone.py": None,
        "old name.py": None,
        "new näme.py": TEXT.replace(b"line 3", b"three"),
        "image.bin": b"\0\2",
        'ü d/q"uo te.py': b"2\n",
        "new/__init__.py": b"",
        "new/it.py": b"x\n",
    }
    made = repository(before)

    patch = read_diff(made.root, made.diff(after), "x.patch")

    assert ids(patch) == [
        "crlf.py:6",
        "gone.py:1",
        "hunks.py:1",
        "hunks.py:22",
        "image.bin:1",
        "latin.py:2",
        "new näme.py:1",
        "new/__init__.py:1",
        "new/it.py:1",
        "unended.py:2",
        'ü d/q"uo te.py:1',
    ]
    assert patch.render(patch.plan.ids) == after
    assert patch.render(()) == {path: before.get(path) for path in after}
    assert {change.why for change in patch.plan.changes} == {"from x.patch"}
    assert patch.plan.skips == ()
    assert made.git("status", "--porcelain") == b""


def test_uses_the_work_tree_as_it_is(repository: Make) -> None:
    made = repository({"a.py": TEXT})
    diff = made.diff({"a.py": TEXT.replace(b"line 15", b"fifteen")})
    mine = b"# mine\n" + TEXT
    made.put({"a.py": mine})

    patch = read_diff(made.root, diff, "x.patch")

    assert (ids(patch), patch.baselines) == (["a.py:17"], {"a.py": mine})


def test_takes_a_diff_outside_of_any_repository(repository: Make, tmp_path: Path) -> None:
    diff = repository({"a.py": TEXT}).diff({"a.py": b"new\n" + TEXT})
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "a.py").write_bytes(TEXT)
    assert ids(read_diff(tmp_path / "plain", diff, "x.patch")) == ["a.py:1"]


def test_takes_the_line_ends_that_the_repository_asks_for(repository: Make) -> None:
    made = repository({"a.py": TEXT})
    diff = made.diff({"a.py": TEXT.replace(b"line 5", b"five")})
    made.git("config", "core.autocrlf", "true")
    made.put({"a.py": TEXT.replace(b"\n", b"\r\n")})

    patch = read_diff(made.root, diff, "x.patch")

    assert patch.render(patch.plan.ids) == {"a.py": TEXT.replace(b"line 5", b"five").replace(b"\n", b"\r\n")}


def test_reads_a_mail_in_a_linked_work_tree(repository: Make, tmp_path: Path) -> None:
    made = repository({"a.py": TEXT})
    made.put({"a.py": TEXT.replace(b"line 5", b"five")})
    made.commit()
    mail = made.git("format-patch", "--stdout", "HEAD~1")
    made.git("worktree", "add", "--quiet", str(tmp_path / "linked"), "HEAD~1")
    patch = read_diff(tmp_path / "linked", mail, "0001.patch")
    assert (ids(patch), patch.baselines) == (["a.py:6"], {"a.py": TEXT})


def test_a_copy_is_a_new_file(repository: Make) -> None:
    made = repository({"a.py": TEXT})
    diff = made.diff({"b.py": TEXT}, "--find-copies-harder")
    assert b"copy from" in diff
    assert ids(read_diff(made.root, diff, "x.patch")) == ["b.py:1"]


def test_an_empty_diff_is_an_empty_plan(repository: Make) -> None:
    patch = read_diff(repository({}).root, b"\n", "x.patch")
    assert (patch.plan.changes, patch.baselines) == ((), {})


@pytest.mark.skipif(sys.platform == "win32", reason="modes and links")
class TestWhatIsNoContent:
    def test_leaves_modes_alone(self, repository: Make) -> None:
        made = repository({"tool": b"1\n", "both": b"1\n"})
        (made.root / "tool").chmod(0o755)
        (made.root / "both").chmod(0o755)
        diff = made.diff({"both": b"2\n"})

        patch = read_diff(made.root, diff, "x.patch")

        reason = "it becomes executable; only content is verified, and its mode stays as it is"
        assert ids(patch) == ["both:1"]
        assert patch.plan.skips == (Skip("diff", "both", 1, "mode", reason), Skip("diff", "tool", 1, "mode", reason))

    def test_knows_the_mode_of_a_new_file(self, repository: Make) -> None:
        made = repository({"a": b"1\n"})
        made.put({"tool": b"2\n"})
        (made.root / "tool").chmod(0o755)
        patch = read_diff(made.root, made.diff({}), "x.patch")
        assert {path: mode & 0o111 for path, mode in patch.modes.items()} == {"tool": 0o111}

    def test_leaves_links_alone(self, repository: Make) -> None:
        made = repository({"a.py": b"1\n", "b.py": b"1\n"})
        (made.root / "link.py").symlink_to("a.py")
        made.commit()
        (made.root / "link.py").unlink()
        (made.root / "link.py").symlink_to("b.py")

        patch = read_diff(made.root, made.diff({"a.py": b"2\n"}), "x.patch")

        assert ids(patch) == ["a.py:1"]
        assert [(skip.path, skip.rule) for skip in patch.plan.skips] == [("link.py", "not-a-file")]

    def test_refuses_a_file_beyond_a_link(self, repository: Make, tmp_path: Path) -> None:
        made = repository({"d/a.py": b"1\n"})
        diff = made.diff({"d/a.py": b"2\n"})
        (made.root / "d").rename(tmp_path / "elsewhere")
        (made.root / "d").symlink_to(tmp_path / "elsewhere")
        with pytest.raises(UsageError, match=r"^d/a\.py: d is a link to .*elsewhere"):
            read_diff(made.root, diff, "x.patch")


def test_leaves_submodules_alone(repository: Make, tmp_path: Path) -> None:
    made = repository({"a.py": b"1\n"})
    inner = Repository(made.root / "inner[1]", {"x.py": b"1\n"})
    made.commit()
    inner.put({"x.py": b"2\n"})
    inner.commit()
    made.git("add", "--all")
    diff = made.git("diff", "--cached", "--submodule=short")
    assert b"Subproject commit" in diff
    diff += made.diff({"a.py": b"2\n"}).split(b"diff --git a/inner")[0]

    patch = read_diff(made.root, diff, "x.patch")

    assert ids(patch) == ["a.py:1"]
    assert [(skip.path, skip.rule) for skip in patch.plan.skips] == [("inner[1]", "not-a-file")]


@pytest.mark.parametrize(
    ("diff", "message"),
    [
        (b"hello\n", r"^x\.patch: git can't read it as a diff: error: "),
        (b"--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-2\n+3\n", r"does not apply: error: patch failed: a\.py:1\n"),
        (b"--- a/no.py\n+++ b/no.py\n@@ -1 +1 @@\n-2\n+3\n", r"does not apply: error: no\.py: No such file"),
        (b"--- a/../up.py\n+++ b/../up.py\n@@ -1 +1 @@\n-2\n+3\n", r"\.\./up\.py lies outside of the repository"),
        (b"--- a/.git/config\n+++ b/.git/config\n@@ -1 +1 @@\n-2\n+3\n", r"\.git/config lies outside"),
    ],
    ids=["no-diff", "other-content", "no-such-file", "outside", "in-git"],
)
def test_says_why_a_diff_can_not_be_taken(repository: Make, diff: bytes, message: str) -> None:
    made = repository({"a.py": b"1\n"})
    with pytest.raises(UsageError, match=message):
        read_diff(made.root, diff, "x.patch")
    assert made.git("status", "--porcelain") == b""


def test_says_so_where_there_is_no_git(repository: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    root = repository({"a.py": b"1\n"}).root
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="git can't be found"):
        read_diff(root, b"--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-1\n+3\n", "x.patch")


def test_takes_what_the_patch_report_prints(repository: Make) -> None:
    """Names as odd as the file system allows: the report's own patches are read back."""
    from greenmod.apply import Rendering
    from greenmod.report.patch import patch as printed

    names = ["a b.py", "日本.py", "-x.py"]
    if sys.platform != "win32":
        names += ["tab\t.py", "line\nend.py", "star*[x]?.py", os.fsdecode(b"\xff.py")]
    before: dict[str, bytes | None] = dict.fromkeys(names, b"1\n")
    after: dict[str, bytes | None] = dict.fromkeys(names, b"2\n")
    made = repository(before)

    patch = read_diff(made.root, printed(Rendering(before, after)), "x.patch")

    assert patch.render(patch.plan.ids) == after


def test_leaves_nothing_behind(repository: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made = repository({"a.py": TEXT})
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    code = "import sys, pathlib; from greenmod.patches import read_diff; "
    code += "read_diff(pathlib.Path(sys.argv[1]), sys.stdin.buffer.read(), 'x')"
    diff = made.diff({"a.py": b"new\n" + TEXT})
    env = {**os.environ, "TMPDIR": str(temporary), "TMP": str(temporary)}
    subprocess.run([sys.executable, "-c", code, str(made.root)], input=diff, env=env, check=True)
    assert list(temporary.iterdir()) == []
