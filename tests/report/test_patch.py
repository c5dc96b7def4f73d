"""Patches that `git apply` takes: it makes exactly the files that greenmod would have written."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from greenmod.apply import Rendering
from greenmod.report.patch import hunks, patch

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

Files = Mapping[str, bytes | None]
LINES = st.sampled_from(
    [b"a", b"b", b"", b"x = 1", b"\xe9", "é".encode(), b"a\rb", b"\x0c", b"-- ", b"\\ No newline", b"@@"]
)
ENDS = st.sampled_from([b"\n", b"\n", b"\n", b"\r\n", b"\r"])
NAMES = ["a.py", "a b.py", "d/e f/ü.py", "it's.py", "-x.py", "日本.py", " leading.py", "a b/x.py", "b/b.py"]
if sys.platform != "win32":
    NAMES += ['q"uote.py', "tab\t.py", "back\\slash.py", "line\nend.py", os.fsdecode(b"\xff\xfe.py"), "trailing .py "]


@st.composite
def contents(draw: st.DrawFn) -> bytes:
    parts = draw(st.lists(st.tuples(LINES, ENDS), max_size=30))
    return b"".join(line + end for line, end in parts) + draw(st.sampled_from([b"", b"last line without an end"]))


@st.composite
def edited(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """Draw a file before and after: much the same, as edits leave it."""
    before = draw(contents())
    after = before
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(after)))
        after = (
            after[:at] + draw(st.sampled_from([b"", b"new", b"new\n", b"\n"])) + after[at + draw(st.integers(0, 9)) :]
        )
    return before, after


def applied(folder: Path, before: Files, data: bytes) -> dict[str, bytes]:
    """Apply a patch to files with git, outside of any repository of its own."""
    for path, content in before.items():
        if content is not None:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
    (folder / "the.patch").write_bytes(data)
    command = ["git", "-c", "core.autocrlf=false", "apply", "--whitespace=nowarn", "the.patch"]
    environment = {**os.environ, "GIT_CEILING_DIRECTORIES": str(folder.parent)}
    done = subprocess.run(command, cwd=folder, capture_output=True, env=environment)
    assert (done.returncode, done.stderr) == (0, b"")
    (folder / "the.patch").unlink()
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@settings(max_examples=60, deadline=None)
@given(files=st.dictionaries(st.sampled_from(NAMES), edited(), min_size=1, max_size=3))
@example(files={"a.py": (b"", b"x\n")})
@example(files={"a.py": (b"a\n" + b"b\n" * 9, b"c\n" + b"b\n" * 9 + b"added at the end")})
@example(files={"a.py": (b"x\n", b"")})
@example(files={"a.py": (b"x", b"x\n")})
@example(files={"a.py": (b"a\r\nb\r\n", b"a\r\nc\r\n")})
@example(files=dict.fromkeys(NAMES, (b"a\nb\nc\n", b"a\nb\n")))
def test_git_makes_of_a_patch_what_was_rendered(
    files: dict[str, tuple[bytes, bytes]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    before: dict[str, bytes | None] = {path: pair[0] for path, pair in files.items()}
    after: dict[str, bytes | None] = {path: pair[1] for path, pair in files.items()}
    data = patch(Rendering(before, after))
    if not data:
        assert before == after
        return
    assert applied(tmp_path_factory.mktemp("patched"), before, data) == after


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("content", [b"x\n", b"x", b"", b"a\r\nb\n"])
def test_git_makes_and_removes_files(name: str, content: bytes, tmp_path: Path) -> None:
    made = patch(Rendering({name: None, "stays.py": b"1\n"}, {name: content, "stays.py": b"2\n"}))
    assert applied(tmp_path, {"stays.py": b"1\n"}, made) == {name: content, "stays.py": b"2\n"}
    removed = patch(Rendering({name: content}, {name: None}))
    assert applied(tmp_path, {}, removed) == {"stays.py": b"2\n"}


def test_file_without_a_difference_is_left_out() -> None:
    assert patch(Rendering({"a.py": b"x\n"}, {"a.py": b"x\n"})) == b""


def test_shows_three_lines_around_each_place() -> None:
    before = b"".join(b"%d\n" % number for number in range(30))
    after = before.replace(b"\n10\n", b"\nten\n").replace(b"\n20\n", b"\n20\nmore\n")
    assert b"".join(hunks(before, after)) == (
        b"@@ -8,7 +8,7 @@\n 7\n 8\n 9\n-10\n+ten\n 11\n 12\n 13\n"
        b"@@ -19,6 +19,7 @@\n 18\n 19\n 20\n+more\n 21\n 22\n 23\n"
    )


def test_joins_places_that_are_close_to_each_other() -> None:
    before = b"".join(b"%d\n" % number for number in range(20))
    after = before.replace(b"\n5\n", b"\nfive\n").replace(b"\n12\n", b"\ntwelve\n")
    assert b"".join(hunks(before, after)).count(b"@@ -") == 1
    after = before.replace(b"\n5\n", b"\nfive\n").replace(b"\n13\n", b"\nthirteen\n")
    assert b"".join(hunks(before, after)).count(b"@@ -") == 2


def test_says_where_a_file_has_no_last_line_end() -> None:
    assert b"".join(hunks(b"a", b"b\n")) == b"@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n"
