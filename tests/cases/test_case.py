"""Cases as folders: what is found, what is read, what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from greenmod.cases.case import find_cases, load_case
from greenmod.errors import UsageError


def write(folder: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


def test_case_of_one_file(tmp_path: Path) -> None:
    folder = write(tmp_path / "rename-x/local_name", {"before.py": "x\n", "after.py": "y\n", "other.py": "z\n"})
    case = load_case(folder)
    assert (case.id, case.codemod, case.name) == ("rename-x/local_name", "rename-x", "local_name")
    assert case.before == {"case.py": b"x\n", "other.py": b"z\n"}
    assert case.after == {"case.py": b"y\n", "other.py": b"z\n"}
    assert not case.is_unchanged


def test_case_without_an_after_must_stay_as_it_is(tmp_path: Path) -> None:
    case = load_case(write(tmp_path / "c/unchanged", {"before.py": "x\n"}))
    assert case.before == case.after == {"case.py": b"x\n"}
    assert case.is_unchanged
    assert load_case(write(tmp_path / "c/unchanged_folder", {"before/a.py": "x\n"})).is_unchanged


def test_case_of_folders(tmp_path: Path) -> None:
    folder = write(tmp_path / "c/many", {"before/a/b.py": "x\n", "before/pyproject.toml": "", "after/a/b.py": "y\n"})
    write(folder, {"before/__pycache__/b.pyc": "", "case.toml": "[options]\nstyle = 'modern'\n[run]\nbefore = 'red'\n"})
    case = load_case(folder)
    assert case.before == {"a/b.py": b"x\n", "pyproject.toml": b""}
    assert case.after == {"a/b.py": b"y\n"}
    assert (case.options, case.run) == ({"style": "modern"}, {"before": "red"})


def test_finds_the_cases_of_all_codemods_or_one(tmp_path: Path) -> None:
    write(
        tmp_path, {"b-c/two/before.py": "", "b-c/one/before/x.py": "", "a-b/three/before.py": "", "a-b/notes/x.md": ""}
    )
    write(tmp_path, {"projects/shop/pyproject.toml": ""})
    assert [case.id for case in find_cases(tmp_path)] == ["a-b/three", "b-c/one", "b-c/two"]
    assert [case.id for case in find_cases(tmp_path, "a-b")] == ["a-b/three"]
    assert list(find_cases(tmp_path / "nothing")) == []


def test_reads_the_skips_that_comments_announce(tmp_path: Path) -> None:
    text = "a\nb  # skip: one-rule\n\x0cc  # why  # skip: two, three\r\nd # skip:four\n"
    case = load_case(write(tmp_path / "c/skips", {"before/m.py": text, "before/notes.txt": "# skip: never\n"}))
    assert case.expected_skips() == {("m.py", 2, "one-rule"), ("m.py", 3, "two"), ("m.py", 3, "three")}


def test_refuses_a_folder_that_is_no_case(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"neither before\.py nor before/"):
        load_case(write(tmp_path / "c/nothing", {"after.py": ""}))


@pytest.mark.parametrize(
    ("text", "words"),
    [("[option]\nx = 1\n", "unknown: option"), ("x = 1\n", "unknown: x"), ("[options\n", "case.toml: ")],
)
def test_refuses_a_broken_case_toml(text: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=words):
        load_case(write(tmp_path / "c/broken", {"before.py": "", "case.toml": text}))
