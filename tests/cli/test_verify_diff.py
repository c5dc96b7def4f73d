"""`greenmod verify`: any diff, hunk by hunk, through the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Greenmod = Callable[..., subprocess.CompletedProcess[str]]

PRICES = """\
def net(price):
    return price / 2




def rounded(price):
    return round(price)







def gross(price):
    return price * 2
"""
BETTER = PRICES.replace("round(price)", "round(price, 2)")
BOTH = BETTER.replace("price * 2", "price * 3")
TEST = "import prices\n\ndef test_gross():\n    assert prices.gross(4) == 8\n\ndef test_new():\n    assert 1\n"
PYTEST = ("--python", sys.executable)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository whose one commit is green."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    root = tmp_path / "shop"
    root.mkdir()
    (root / "prices.py").write_text(PRICES)
    (root / "test_prices.py").write_text(TEST)
    (root / "old.txt").write_text("old\n")
    git(root, "init", "--quiet")
    commit(root)
    return root


def commit(root: Path) -> None:
    git(root, "add", "--all")
    git(root, "-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "--quiet", "-m", "green")


def git(root: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True, text=True).stdout


def change(root: Path) -> dict[str, str]:
    """Make a good hunk, a bad one, a deletion and a new file in the work tree; return what is there then."""
    (root / "prices.py").write_text(BOTH)
    (root / "old.txt").unlink()
    (root / "new.txt").write_text("new\n")
    return contents(root)


def contents(root: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in sorted(root.iterdir()) if path.is_file()}


@pytest.fixture
def diff(shop: Path, tmp_path: Path) -> Path:
    """A file with the diff of `change`, which the work tree lacks."""
    change(shop)
    git(shop, "add", "--all")
    file = tmp_path / "x.patch"
    file.write_text(git(shop, "diff", "--cached"))
    git(shop, "reset", "--quiet", "--hard")
    return file


GREEN = {"old.txt": "old\n", "prices.py": PRICES, "test_prices.py": TEST}
DROPPED = (
    "dropped: prices.py:17 Replace 1 line [prices.py:17]\n"
    "  test_prices.py::test_gross: passed → failed\n"
    "    assert 12 == 8\n"
)


def test_shows_which_hunks_of_a_diff_stay(shop: Path, diff: Path, greenmod: Greenmod) -> None:
    done = greenmod("verify", "--diff", str(diff), *PYTEST, cwd=shop)

    assert done.returncode == 1
    assert DROPPED in done.stderr
    assert "\n3 of 4 changes stay, in 3 files; " in done.stderr
    assert "Nothing was written; --write writes what stays.\n" in done.stderr
    assert f"# Replace 1 line  [diff, unsafe]  prices.py:8\n#   why: from {diff}\n" in done.stdout
    assert "# Delete the file  [diff, unsafe]  old.txt:1\n" in done.stdout
    assert "price * 3" not in done.stdout
    assert contents(shop) == GREEN


def test_writes_what_stays_and_takes_it_back(shop: Path, diff: Path, greenmod: Greenmod) -> None:
    done = greenmod("verify", "--diff", str(diff), "--write", "--format", "summary", *PYTEST, cwd=shop)

    assert done.returncode == 1
    assert "3 files written; `greenmod undo` brings the old ones back." in done.stdout
    assert contents(shop) == {"new.txt": "new\n", "prices.py": BETTER, "test_prices.py": TEST}

    assert greenmod("undo", cwd=shop).returncode == 0
    assert contents(shop) == GREEN


def test_what_stays_of_a_diff_is_a_diff(shop: Path, diff: Path, greenmod: Greenmod, tmp_path: Path) -> None:
    rest = tmp_path / "rest.patch"
    arguments = ("verify", "--diff", str(diff), "--format", "patch", "--output", str(rest), *PYTEST)
    assert greenmod(*arguments, cwd=shop).returncode == 1

    again = greenmod("verify", "--diff", str(rest), *PYTEST, cwd=shop)

    assert again.returncode == 0
    assert "\n3 of 3 changes stay, in 3 files; " in again.stderr
    git(shop, "apply", str(rest))
    assert contents(shop) == {"new.txt": "new\n", "prices.py": BETTER, "test_prices.py": TEST}


def test_shows_which_hunks_of_the_work_tree_stay(shop: Path, greenmod: Greenmod) -> None:
    changed = change(shop)

    done = greenmod("verify", "--against", "HEAD", "--format", "json", *PYTEST, cwd=shop)

    assert done.returncode == 1
    assert DROPPED in done.stderr
    assert "Nothing was written; --write takes the rest back out of the work tree.\n" in done.stderr
    document = json.loads(done.stdout)
    assert [(one["id"], one["codemod"], one["files"]) for one in document["changes"]] == [
        ("new.txt:1", "work-tree", []),
        ("old.txt:1", "work-tree", [{"path": "old.txt", "content": None, "encoding": None}]),
        ("prices.py:8", "work-tree", []),
    ]
    assert document["verification"]["before"]["passed"] == 2
    assert contents(shop) == changed


def test_takes_the_other_hunks_out_of_the_work_tree(shop: Path, greenmod: Greenmod) -> None:
    changed = change(shop)

    done = greenmod("verify", "--against", "HEAD", "--write", *PYTEST, cwd=shop)

    assert done.returncode == 1
    assert "1 file written; `greenmod undo` brings the old ones back." in done.stderr
    assert contents(shop) == {"new.txt": "new\n", "prices.py": BETTER, "test_prices.py": TEST}

    assert greenmod("undo", cwd=shop).returncode == 0
    assert contents(shop) == changed


def test_brings_back_a_deleted_file_that_the_tests_need(shop: Path, greenmod: Greenmod) -> None:
    (shop / "prices.py").rename(shop / "price.py")
    (shop / "test_new.py").write_text("def test_it():\n    assert 1\n")

    done = greenmod("verify", "--against", "HEAD", "--write", *PYTEST, cwd=shop)

    assert done.returncode == 1
    assert "dropped: price.py:1 Rename prices.py to price.py [price.py:1]\n" in done.stderr
    assert contents(shop) == {**GREEN, "test_new.py": "def test_it():\n    assert 1\n"}


@pytest.mark.skipif(sys.platform == "win32", reason="modes")
def test_brings_back_a_script_as_one(shop: Path, greenmod: Greenmod) -> None:
    (shop / "tool").write_text("#!/bin/sh\n")
    (shop / "tool").chmod(0o755)
    test = "import subprocess\n\ndef test_tool():\n    subprocess.run(['./tool'], check=True)\n"
    (shop / "test_tool.py").write_text(test)
    commit(shop)
    (shop / "tool").unlink()

    done = greenmod("verify", "--against", "HEAD", "--write", *PYTEST, cwd=shop)

    assert done.returncode == 1
    assert "dropped: tool:1 Delete the file [tool:1]\n" in done.stderr
    assert (shop / "tool").stat().st_mode & 0o111 == 0o111


def test_hands_arguments_to_pytest(shop: Path, diff: Path, greenmod: Greenmod) -> None:
    done = greenmod("verify", "--diff", str(diff), *PYTEST, "--", "-k", "new", cwd=shop)
    assert done.returncode == 0
    assert "Tests before: 1 passed; after: 1 passed;" in done.stderr


def test_reads_a_diff_from_standard_input(shop: Path, diff: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "greenmod", "verify", "--diff", "-", *PYTEST, "--", "-k", "new"],
        cwd=shop,
        input=diff.read_bytes(),
        capture_output=True,
    )
    assert done.returncode == 0
    assert b"#   why: from standard input\n" in done.stdout


@pytest.mark.parametrize("arguments", [("--diff", "empty.patch"), ("--diff", "-"), ("--against", "HEAD")], ids=str)
def test_has_nothing_to_verify(shop: Path, greenmod: Greenmod, arguments: tuple[str, ...]) -> None:
    (shop / ".git" / "info" / "exclude").write_text("*.patch\n")
    (shop / "empty.patch").write_text("")

    done = greenmod("verify", *arguments, *PYTEST, cwd=shop)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "Nothing to verify: no file differs.\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "greenmod: verify wants either --diff FILE or --against REV\n`--diff` for a patch"),
        (("--diff", "a", "--against", "b"), "greenmod: verify wants either --diff FILE or --against REV\n"),
        (("--diff", "no.patch"), "greenmod: --diff no.patch: No such file or directory\nName a file that holds"),
        (("--diff", "prices.py"), "greenmod: prices.py: git can't read it as a diff: error: "),
        (("--against", "nowhere"), "greenmod: nowhere: git knows no such revision\nName a commit, a branch or a tag"),
    ],
    ids=str,
)
def test_says_what_is_wrong(shop: Path, greenmod: Greenmod, arguments: tuple[str, ...], message: str) -> None:
    done = greenmod("verify", *arguments, *PYTEST, cwd=shop)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(message)


def test_says_that_the_work_tree_holds_the_diff_already(shop: Path, diff: Path, greenmod: Greenmod) -> None:
    git(shop, "apply", str(diff))

    done = greenmod("verify", "--diff", str(diff), *PYTEST, cwd=shop)

    assert (done.returncode, done.stdout) == (2, "")
    assert "does not apply: error: " in done.stderr
    assert "name the commit without them instead: `--against REV`." in done.stderr


def test_says_why_it_can_not_be_carried_out(shop: Path, diff: Path, greenmod: Greenmod) -> None:
    done = greenmod("verify", "--diff", str(diff), "--write", "--python", "nowhere/python", cwd=shop)

    assert (done.returncode, done.stdout) == (4, "")
    assert "no such interpreter" in done.stderr
    assert contents(shop) == GREEN
