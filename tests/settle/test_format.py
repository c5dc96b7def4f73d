"""A formatted file stays formatted; one that was not is left as the edits made it."""

from __future__ import annotations

from pathlib import Path

import pytest

from greenmod.settle.format import formatted

RUFF = "[tool.ruff]\nline-length = 40\n"
STABLE = b"x = call(argument, other)\n"
LONGER = b"x = call(argument, other, one_more_argument)\n"
WRAPPED = b"x = call(\n    argument, other, one_more_argument\n)\n"


def settle(root: Path, before: bytes = STABLE, after: bytes = LONGER, path: str = "m.py") -> bytes:
    return formatted(root, {path: before}, {path: after})[path]


def configure(root: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


@pytest.mark.parametrize(
    "files",
    [
        {"pyproject.toml": RUFF},
        {"pyproject.toml": "[tool.ruff.format]\n[tool.ruff]\nline-length = 40\n"},
        {"ruff.toml": "line-length = 40\n"},
        {".ruff.toml": "line-length = 40\n"},
    ],
)
def test_formats_a_file_that_was_formatted(files: dict[str, str], tmp_path: Path) -> None:
    configure(tmp_path, files)
    assert settle(tmp_path) == WRAPPED


@pytest.mark.parametrize("files", [{}, {"pyproject.toml": "[tool.black]\n"}, {"pyproject.toml": "[project]\n"}])
def test_leaves_files_alone_where_no_formatter_is_configured(files: dict[str, str], tmp_path: Path) -> None:
    configure(tmp_path, files)
    assert settle(tmp_path) == LONGER


def test_leaves_a_file_alone_that_was_not_formatted(tmp_path: Path) -> None:
    configure(tmp_path, {"pyproject.toml": RUFF})
    assert settle(tmp_path, before=b"x  =  call()\n") == LONGER


@pytest.mark.parametrize("after", [b"x = (\n", b"print 1\n"])
def test_leaves_a_file_alone_that_ruff_cannot_judge(after: bytes, tmp_path: Path) -> None:
    configure(tmp_path, {"pyproject.toml": RUFF})
    assert settle(tmp_path, before=b"print 1\n", after=LONGER) == LONGER
    assert settle(tmp_path, after=after) == after


def test_formats_the_others_when_ruff_cannot_read_one(tmp_path: Path) -> None:
    configure(tmp_path, {"pyproject.toml": RUFF})
    latin = b"# coding: latin-1\nx  = '\xe9'\n"
    files = {"a.py": STABLE, "latin.py": latin, "python2.py": b"print 1\n"}
    result = formatted(tmp_path, files, {"a.py": LONGER, "latin.py": latin * 2, "python2.py": LONGER})
    assert result == {"a.py": WRAPPED, "latin.py": latin * 2, "python2.py": LONGER}


def test_leaves_everything_alone_when_the_settings_are_broken(tmp_path: Path) -> None:
    configure(tmp_path, {"pyproject.toml": "[tool.ruff]\nline-length = 'long'\n"})
    assert settle(tmp_path) == LONGER


def test_leaves_a_file_alone_that_the_project_excludes(tmp_path: Path) -> None:
    configure(tmp_path, {"pyproject.toml": f"{RUFF}extend-exclude = ['generated']\n"})
    assert settle(tmp_path, path="generated/m.py") == LONGER


def test_the_nearest_settings_count(tmp_path: Path) -> None:
    configure(tmp_path, {"pyproject.toml": "[tool.ruff]\n", "a/ruff.toml": "line-length = 40\n"})
    assert (settle(tmp_path, path="a/b/m.py"), settle(tmp_path)) == (WRAPPED, LONGER)


def test_keeps_crlf(tmp_path: Path) -> None:
    configure(tmp_path, {"pyproject.toml": RUFF})
    crlf = [data.replace(b"\n", b"\r\n") for data in (STABLE, LONGER, WRAPPED)]
    assert settle(tmp_path, crlf[0], crlf[1]) == crlf[2]


def test_leaves_a_new_file_as_it_is(tmp_path: Path) -> None:
    configure(tmp_path, {"pyproject.toml": RUFF})
    assert formatted(tmp_path, {}, {"m.py": LONGER}) == {"m.py": LONGER}


@pytest.mark.parametrize("name", ["-m.py", "a b.py", "é.py", "it's.py"])
def test_formats_files_of_odd_names(name: str, tmp_path: Path) -> None:
    configure(tmp_path, {"pyproject.toml": RUFF})
    assert settle(tmp_path, path=name) == WRAPPED


def test_writes_nothing_into_the_project(tmp_path: Path) -> None:
    configure(tmp_path, {"pyproject.toml": RUFF, "m.py": "x = 1\n"})
    settle(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m.py", "pyproject.toml"]
    assert (tmp_path / "m.py").read_text() == "x = 1\n"


def test_formats_many_files_at_once(tmp_path: Path) -> None:
    configure(tmp_path, {"pyproject.toml": RUFF})
    # More than Windows takes on a command line.
    paths = [f"{'long_folder_name_' * 8}/{'deeper_' * 10}/m{number}.py" for number in range(300)]
    result = formatted(tmp_path, dict.fromkeys(paths, STABLE), dict.fromkeys(paths, LONGER))
    assert set(result.values()) == {WRAPPED}


@pytest.mark.parametrize("path", ["pyproject.toml", "requirements.txt", "setup.cfg"])
def test_leaves_alone_what_is_no_python(path: str, tmp_path: Path) -> None:
    configure(tmp_path, {"pyproject.toml": RUFF})
    assert settle(tmp_path, before=STABLE, after=LONGER, path=path) == LONGER
