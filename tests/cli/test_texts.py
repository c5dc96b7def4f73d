"""Changes that are text: settings and new files, the whole way from the diff to the tests and back."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Greenmod = Callable[..., subprocess.CompletedProcess[str]]

CODEMOD = '''\
"""Rename `old_name`, and say so in the settings."""

import libcst as cst

from greenmod.api import Codemod, Decision, FilePlan, TextChange


class RenameIt(Codemod):
    name = "rename-it"
    triggers = ("old_name",)

    @classmethod
    def survey(cls, file):
        from greenmod.api import Survey

        return Survey((1,))

    @classmethod
    def decide(cls, project, options):
        old = project.read("pyproject.toml")
        new = old + '\\n[tool.names]\\nnew = "é"\\n'
        settings = TextChange("pyproject.toml", new, "settings", "Name it", "it is new")
        text = "import os\\n\\n\\nx  =  os\\n"
        made = TextChange("tests/deep/conftest.py", text, "all", "Make a conftest", requires=("settings",))
        return Decision({path: FilePlan(groups=("all",)) for path in project.surveys}, texts=(settings, made))

    def leave_Name(self, original, updated):
        if original.value != "old_name":
            return updated
        return self.change(original, updated.with_changes(value="new_name"), "Rename", group="all")
'''
SETTINGS = '[tool.greenmod]\r\ncodemods = ["codemods"]\r\nselect = ["rename-it"]\r\n[tool.ruff]\r\n'
AFTER = SETTINGS + '\r\n[tool.names]\r\nnew = "é"\r\n'
CONFTEST = b"import os\n\n\nx  =  os\n"
TEST = "old_name = 1\n\n\ndef test_it():\n    assert globals()\n"


@pytest.fixture
def texts(project: Path) -> Path:
    (project / "codemods" / "rename_it.py").write_text(CODEMOD)
    (project / "pyproject.toml").write_bytes(SETTINGS.encode())
    (project / "tests").mkdir()
    (project / "tests" / "test_it.py").write_text(TEST)
    return project


def contents(root: Path) -> tuple[bytes, bytes | None, str]:
    made = root / "tests" / "deep" / "conftest.py"
    return (
        (root / "pyproject.toml").read_bytes(),
        made.read_bytes() if made.exists() else None,
        (root / "tests" / "test_it.py").read_text(),
    )


BEFORE = (SETTINGS.encode(), None, TEST)
WRITTEN = (AFTER.encode(), CONFTEST, TEST.replace("old", "new"))


def test_shows_settings_and_new_files_beside_their_change(texts: Path, greenmod: Greenmod) -> None:
    found = greenmod("run")

    assert found.returncode == 1
    assert found.stdout == (
        "pyproject.toml\n"
        "# Name it  [rename-it, safe]  pyproject.toml:5\n"
        "#   why: it is new\n"
        "@@ -2,3 +2,6 @@\n"
        ' codemods = ["codemods"]\n select = ["rename-it"]\n [tool.ruff]\n+\n+[tool.names]\n+new = "é"\n'
        "\n"
        "tests/deep/conftest.py\n"
        "# Make a conftest; Rename  [rename-it, safe]  tests/deep/conftest.py:1\n"
        "--- tests/deep/conftest.py\n"
        "@@ -0,0 +1,4 @@\n"
        "+import os\n+\n+\n+x  =  os\n"
        "--- tests/test_it.py\n"
        "@@ -1,4 +1,4 @@\n"
        "-old_name = 1\n+new_name = 1\n \n \n def test_it():\n"
        "\n"
    )
    assert found.stderr.startswith("2 changes in 3 files found; 1 file looked at")
    assert contents(texts) == BEFORE


def test_says_the_same_as_json(texts: Path, greenmod: Greenmod) -> None:
    document = json.loads(greenmod("run", "--format", "json").stdout)

    settings, rename = document["changes"]
    end = len(SETTINGS)
    assert settings["edits"] == [
        {"path": "pyproject.toml", "start": end, "end": end, "text": AFTER[end:]},
    ]
    assert rename["edits"][0] == {"path": "tests/deep/conftest.py", "start": 0, "end": 0, "text": CONFTEST.decode()}
    assert rename["requires"] == [settings["id"]]
    assert document["baselines"]["tests/deep/conftest.py"] is None


def test_a_patch_gives_what_writing_gives_and_undo_deletes_what_was_made(
    texts: Path, tmp_path: Path, greenmod: Greenmod
) -> None:
    patch = tmp_path / "changes.patch"
    greenmod("run", "--format", "patch", "--output", str(patch))

    subprocess.run(["git", "apply", "--whitespace=nowarn", str(patch)], cwd=texts, check=True)
    assert contents(texts) == WRITTEN
    subprocess.run(["git", "apply", "--reverse", "--whitespace=nowarn", str(patch)], cwd=texts, check=True)
    assert contents(texts) == BEFORE

    written = greenmod("run", "--write")
    assert written.returncode == 0
    assert contents(texts) == WRITTEN

    undone = greenmod("undo")
    assert undone.stdout.splitlines() == [
        "restored pyproject.toml",
        "restored tests/deep/conftest.py",
        "restored tests/test_it.py",
    ]
    assert contents(texts) == BEFORE
    assert not (texts / "tests" / "deep").exists()


def test_names_the_settings_with_uncommitted_changes_that_it_rewrites(texts: Path, greenmod: Greenmod) -> None:
    settings = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", "add", "."], cwd=texts, check=True)
    subprocess.run(["git", *settings, "commit", "--quiet", "-m", "all"], cwd=texts, check=True)
    (texts / "pyproject.toml").write_bytes(b"# mine\n" + SETTINGS.encode())

    assert "With uncommitted changes of your own: pyproject.toml\n" in greenmod("run").stderr


@pytest.mark.parametrize(
    ("paths", "missing"),
    [
        (("tests",), "pyproject.toml"),
        (("tests/test_it.py", "pyproject.toml"), "tests/deep"),
        (("tests", "pyproject.toml"), None),
        (("tests/test_it.py", "tests/deep", "pyproject.toml"), None),
    ],
    ids=str,
)
def test_changes_only_texts_under_the_paths(
    paths: tuple[str, ...], missing: str | None, texts: Path, greenmod: Greenmod
) -> None:
    (texts / "tests" / "deep").mkdir()

    found = greenmod("run", *paths, "--show-skips")

    if missing is None:
        assert found.stderr.startswith("2 changes in 3 files found; 1 file looked at")
    else:
        reason = f"[outside-paths]: the change reaches beyond the given paths: add {missing}\n"
        assert f"tests/test_it.py:1: left alone by rename-it {reason}" in found.stderr


def test_a_file_that_came_in_between_is_left_as_it_is(texts: Path, greenmod: Greenmod) -> None:
    codemod = texts / "codemods" / "rename_it.py"
    codemod.write_text(
        codemod.read_text().replace(
            "        if original.value",
            "        __import__('os').makedirs('tests/deep', exist_ok=True)\n"
            "        open('tests/deep/conftest.py', 'w').close()\n"
            "        if original.value",
        )
    )
    found = greenmod("run", "--write", "--jobs", "1")

    assert found.returncode == 3
    assert "tests/deep/conftest.py:1: changed after the run was planned. Run greenmod again.\n" in found.stderr
    assert contents(texts) == (AFTER.encode(), b"", TEST)


def test_the_tests_run_with_what_was_made(texts: Path, greenmod: Greenmod) -> None:
    codemod = texts / "codemods" / "rename_it.py"
    codemod.write_text(
        codemod.read_text().replace("x  =  os", "def pytest_configure(): os._exit(5)").replace("/deep", "")
    )

    found = greenmod("run", "--verify", "--write", "--", "-p", "no:cacheprovider")

    assert "dropped: tests/conftest.py:1 Make a conftest; Rename" in found.stderr
    assert contents(texts) == (AFTER.encode(), None, TEST)
    assert not (texts / "tests" / "conftest.py").exists()
