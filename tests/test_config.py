"""The root of a run, and what its `pyproject.toml` says; what is wrong there is named with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from greenmod.config import Config, find_root, load
from greenmod.errors import UsageError


def write(root: Path, text: str | bytes) -> Path:
    (root / "pyproject.toml").write_bytes(text.encode() if isinstance(text, str) else text)
    return root


def test_root_is_the_git_work_tree(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "a/b").mkdir(parents=True)
    write(tmp_path / "a", "")
    assert find_root(tmp_path / "a/b") == tmp_path
    assert find_root(tmp_path / "a/b/not_there.py") == tmp_path


def test_root_of_a_linked_work_tree_is_its_own(tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    (tmp_path / ".git").mkdir()
    (tmp_path / "tree/.git").write_text("gitdir: elsewhere")
    assert find_root(tmp_path / "tree") == tmp_path / "tree"


def test_root_outside_git_is_the_nearest_project(tmp_path: Path) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    write(tmp_path, "")
    write(tmp_path / "a", "")
    (tmp_path / "a/b/m.py").touch()
    assert find_root(tmp_path / "a/b/m.py") == tmp_path / "a"


def test_root_without_git_and_project_is_the_folder(tmp_path: Path) -> None:
    (tmp_path / "m.py").touch()
    assert find_root(tmp_path / "m.py") == find_root(tmp_path) == tmp_path


@pytest.mark.parametrize(
    "text", [None, "", "[tool.other]\nx = 1\n", "[tool.greenmod]\n", "[project]\nname = 'greenmod'\n"]
)
def test_nothing_said_is_nothing_set(text: str | None, tmp_path: Path) -> None:
    assert load(tmp_path if text is None else write(tmp_path, text)) == Config(tmp_path)


def test_project_that_does_not_concern_us_may_be_broken(tmp_path: Path) -> None:
    assert load(write(tmp_path, "[tool.other\n")) == Config(tmp_path)


def test_reads_every_setting(tmp_path: Path) -> None:
    text = """
[tool.greenmod]
select = ["a-b", "c-d"]
ignore = ["e-f"]
codemods = ["tools"]
exclude = ["docs/"]
sandbox-include = ["*.sqlite"]
fixtures = "cases"

[tool.greenmod.a-b]
style = "modern"
deep = true
names = ["x"]
depth = 3
"""
    assert load(write(tmp_path, text)) == Config(
        root=tmp_path,
        select=("a-b", "c-d"),
        ignore=("e-f",),
        codemods=("tools",),
        exclude=("docs/",),
        sandbox_include=("*.sqlite",),
        fixtures="cases",
        options={"a-b": {"style": "modern", "deep": True, "names": ["x"], "depth": 3}},
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[tool.greenmod\n", r"pyproject.toml: Expected|pyproject.toml: .* \(at line 1"),
        ("[tool.greenmod]\nselect = 'a-b'\n", r"\[tool.greenmod\] select must be a list of strings, not 'a-b'"),
        ("[tool.greenmod]\nselect = [1]\n", r"select must be a list of strings"),
        ("[tool.greenmod]\nfixtures = ['x']\n", r"fixtures must be a string"),
        ("[tool.greenmod]\nselct = ['x']\n", r'no setting "selct". Did you mean "select"\?'),
        ("[tool.greenmod]\nsandbox_include = ['x']\n", r'Did you mean "sandbox-include"\?'),
        ("[tool.greenmod]\nzzz = 1\n", r'no setting "zzz".\nKnown: select'),
        ("tool.greenmod = 1\n", "must be a table"),
        ("tool = 'greenmod'\n", "must be a table"),
        ("[[tool.greenmod]]\n", "must be a table"),
        (b"# \xff greenmod\n", "pyproject.toml: .*utf-8"),
    ],
)
def test_names_what_is_wrong(text: str | bytes, words: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        load(write(tmp_path, text))
    assert str(tmp_path / "pyproject.toml") in str(caught.value)


def test_names_a_project_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").mkdir()
    with pytest.raises(UsageError, match=r"pyproject.toml: can't be read"):
        load(tmp_path)
