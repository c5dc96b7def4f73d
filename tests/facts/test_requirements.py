"""What a project declares about a package, in every form that people and tools write it."""

from __future__ import annotations

from pathlib import Path

import pytest

from greenmod.facts.requirements import Requirement, find_requirement


def find(root: Path, files: dict[str, str], package: str = "pydantic") -> Requirement | None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    return find_requirement(root, "", package)


@pytest.mark.parametrize(
    ("path", "text", "specifiers", "line"),
    [
        ("requirements.txt", "pydantic==1.10.2", ("==1.10.2",), 1),
        ("requirements.txt", "# pydantic==1\nPydantic[email] >= 1.8, < 2  # why\n", (">=1.8,<2",), 2),
        ("requirements.txt", "pydantic==1.10.2 \\\n    --hash=sha256:abc\n", ("==1.10.2",), 1),
        ("requirements.txt", "pydantic>=1,<2; python_version < '3.8'", (">=1,<2",), 1),
        ("requirements.txt", "pydantic~=1.10", ("~=1.10",), 1),
        ("requirements.txt", "pydantic==1.*", ("==1.*",), 1),
        ("requirements-dev.txt", "pydantic<2", ("<2",), 1),
        ("dev-requirements.txt", "pydantic<2", ("<2",), 1),
        ("requirements/base.txt", "pydantic<2", ("<2",), 1),
        ("pyproject.toml", '[project]\ndependencies = ["fastapi>=0.1", "pydantic[email]>=1.8,<3"]\n', (">=1.8,<3",), 2),
        ("pyproject.toml", "dependencies = [\n  'pydantic >= 2.0',\n]\n", (">=2.0",), 2),
        ("pyproject.toml", '[tool.poetry.dependencies]\npydantic = "^1.10"\n', (">=1.10,<2",), 2),
        ("pyproject.toml", 'pydantic = "^0.3.1"\n', (">=0.3.1,<0.4",), 1),
        ("pyproject.toml", 'pydantic = "^0.0.3"\n', (">=0.0.3,<0.0.4",), 1),
        ("pyproject.toml", 'pydantic = "~1.10"\n', (">=1.10,<1.11",), 1),
        ("pyproject.toml", 'pydantic = "~1"\n', (">=1,<2",), 1),
        ("pyproject.toml", 'pydantic = "1.10.*"\n', ("==1.10.*",), 1),
        ("pyproject.toml", 'pydantic = ">=1.8, <2"\n', (">=1.8,<2",), 1),
        ("pyproject.toml", 'pydantic = { version = "^1.10", extras = ["email"] }\n', (">=1.10,<2",), 1),
        ("pyproject.toml", 'pydantic = {extras = ["email"], version = "<2"}\n', ("<2",), 1),
        ("Pipfile", '[packages]\npydantic = "==1.9"\n', ("==1.9",), 2),
        ("setup.cfg", "[options]\ninstall_requires =\n    pydantic<2\n    x\n", ("<2",), 3),
        ("setup.py", "setup(install_requires=['a', \"pydantic>=1,<2\"])\n", (">=1,<2",), 1),
        ("poetry.lock", '[[package]]\nname = "pydantic"\nversion = "1.10.2"\n', ("==1.10.2",), 3),
        ("uv.lock", '[[package]]\nname = "pydantic"\nversion = "2.5.0"\n', ("==2.5.0",), 3),
    ],
)
def test_reads_the_forms_that_people_and_tools_write(
    path: str, text: str, specifiers: tuple[str, ...], line: int, tmp_path: Path
) -> None:
    assert find(tmp_path, {path: text}) == Requirement("pydantic", specifiers, f"{path}:{line}")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("requirements.txt", "pydantic"),
        ("requirements.txt", "pydantic-settings==1.0\nmy-pydantic==1.0\npydantic_core==1\npydantic.ext==1\n"),
        ("requirements.txt", "# pydantic==1.0\n"),
        ("requirements.txt", "pydantic @ git+https://example.org/pydantic\n"),
        ("pyproject.toml", 'pydantic = "*"\n'),
        ("pyproject.toml", 'pydantic-settings = "^1.0"\n'),
        ("pyproject.toml", '[tool.mypy]\nplugins = ["pydantic.mypy"]\n'),
        ("README.txt", "pydantic==1.0"),
    ],
)
def test_finds_nothing_where_no_version_is_declared(path: str, text: str, tmp_path: Path) -> None:
    assert find(tmp_path, {path: text}) is None


@pytest.mark.parametrize("written", ["sqlalchemy-utils", "SQLAlchemy_Utils", "sqlalchemy.utils"])
@pytest.mark.parametrize("asked", ["sqlalchemy-utils", "sqlalchemy_utils"])
def test_names_are_compared_as_packaging_does(written: str, asked: str, tmp_path: Path) -> None:
    assert find(tmp_path, {"requirements.txt": f"{written}<1\n"}, package=asked) is not None


@pytest.mark.parametrize(
    ("specifier", "is_sure"),
    [(">=9", True), (">=8.4", True), ("==8.4.1", True), (">=8", False), ("<9", False), ("", False), (">=8.3.9", False)],
)
def test_tells_whether_older_releases_are_ruled_out(specifier: str, is_sure: bool) -> None:
    assert Requirement("pytest", (specifier,) if specifier else (), "").excludes_before("8.4") is is_sure


def test_what_people_wrote_counts_before_what_a_tool_locked(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": 'dependencies = ["pydantic>=1,<3"]\n',
        "uv.lock": 'name = "pydantic"\nversion = "1.10.2"\n',
    }
    found = find(tmp_path, files)
    assert found is not None
    assert found.specifiers == (">=1,<3",)


def test_every_specifier_of_a_folder_counts(tmp_path: Path) -> None:
    found = find(tmp_path, {"requirements.txt": "pydantic>=1\n", "requirements-dev.txt": "pydantic<2\n"})
    assert found is not None
    assert sorted(found.specifiers) == ["<2", ">=1"]
    assert not found.admits(2)


@pytest.mark.parametrize(
    ("specifier", "one", "two"),
    [
        ("<2", True, False),
        (">=2", False, True),
        (">=1.8,<3", True, True),
        ("==1.10.2", True, False),
        ("==2.5.0", False, True),
        ("==2.*", False, True),
        ("~=1.10", True, False),
        ("!=1.8", True, True),
        (">1.10.12,<2", True, False),
        ("<2.0.1", True, True),
        ("==2.0b3", False, True),
        ("nonsense", True, True),
        (">=1 || >=2", True, True),
    ],
)
def test_says_whether_a_series_is_admitted(specifier: str, one: bool, two: bool) -> None:
    found = Requirement("pydantic", (specifier,), "requirements.txt:1")
    assert (found.admits(1), found.admits(2)) == (one, two)


@pytest.mark.parametrize(
    ("specifier", "admitted"),
    [(">=0.27", True), ("<0.27", False), ("==0.27.2", True), ("~=0.26.0", False), ("~=0.26", True), ("<1", True)],
)
def test_says_whether_a_version_or_a_later_one_is_admitted(specifier: str, admitted: bool) -> None:
    assert Requirement("httpx", (specifier,), "x:1").admits_from("0.27") is admitted


@pytest.mark.parametrize(
    ("specifiers", "admitted"),
    [(("==0.48.0", "==0.37.2"), True), (("==0.48.0", "==0.20.4"), False), ((">=0.20", "<0.21"), False)],
)
def test_pins_of_several_environments_must_each_admit_a_version(specifiers: tuple[str, ...], admitted: bool) -> None:
    assert Requirement("starlette", specifiers, "x:1").admits_from("0.21") is admitted


@pytest.mark.parametrize("text", ['pydantic = "~"\n', 'pydantic = "^"\n', 'pydantic = "||"\n', "pydantic = \n", "\xff"])
def test_odd_specifiers_rule_nothing_out(text: str, tmp_path: Path) -> None:
    found = find(tmp_path, {"pyproject.toml": text})
    assert found is None or (found.admits(1) and found.admits(2))
