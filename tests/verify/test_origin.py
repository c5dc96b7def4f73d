"""Environments that hold an install of the project: the sandbox wins, or greenmod says that it does not."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from greenmod.errors import VerifyError
from greenmod.model import Verdict
from greenmod.verify.origin import find_holders
from greenmod.verify.outcomes import Foreign

if TYPE_CHECKING:
    from tests.verify.conftest import Make, Project

# What setuptools writes for `pip install -e` (84.2, without its part for namespaces), last in line; or first.
FINDER = """\
import sys
from importlib.machinery import PathFinder, all_suffixes
from importlib.util import spec_from_file_location
from itertools import chain
from pathlib import Path

MAPPING = {mapping!r}

class _EditableFinder:
    @classmethod
    def find_spec(cls, fullname, path=None, target=None):
        if fullname in MAPPING:
            return cls._find_spec(fullname, Path(MAPPING[fullname]))
        parent, _, child = fullname.rpartition(".")
        if parent and parent in MAPPING:
            return PathFinder.find_spec(fullname, path=[MAPPING[parent]])
        return None

    @classmethod
    def _find_spec(cls, fullname, candidate_path):
        init = candidate_path / "__init__.py"
        candidates = (candidate_path.with_suffix(x) for x in all_suffixes())
        for candidate in chain([init], candidates):
            if candidate.exists():
                return spec_from_file_location(fullname, candidate)
        return None

def install():
    sys.meta_path.{put}
"""


# Writes next to the module, wherever that was imported from.
TEST = """\
import app
def test_app():
    open(app.__file__ + ".ran", "w").close()
    assert app.VALUE == 1
"""


@pytest.fixture
def editable(make: Make) -> Project:
    project = make({"src/app.py": "VALUE = 1\n", "test_app.py": TEST})
    project.propose("wrong", "src/app.py", "VALUE = 1", "VALUE = 2")
    return project


def make_environment(folder: Path, **links: str) -> Path:
    """Make an environment that has this one's packages, and a `.pth` file per entry of `links`."""
    venv.create(folder, symlinks=sys.platform != "win32")
    for name, text in {"ours": str(Path(pytest.__file__).parents[1]), **links}.items():
        (packages_of(folder) / f"{name}.pth").write_text(text)
    return folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def packages_of(environment: Path) -> Path:
    return next(environment.glob("lib/python*/site-packages"), environment / "Lib/site-packages")


def make_editable(environment: Path, *, first: bool = False, **mapping: Path) -> Path:
    """Make an environment with an editable install that finds the modules of `mapping` by a hook."""
    python = make_environment(environment, __editable___shop="import __editable___shop_finder as f; f.install()")
    put = "insert(0, _EditableFinder)" if first else "append(_EditableFinder)"
    finder = FINDER.format(mapping={name: str(place) for name, place in mapping.items()}, put=put)
    (packages_of(environment) / "__editable___shop_finder.py").write_text(finder)
    return python


def test_wins_over_an_editable_install_that_is_a_path(editable: Project, tmp_path: Path) -> None:
    python = make_environment(tmp_path / "env", shop=str(editable.root / "src"))
    assert editable.verify(python=python).verdicts == {"wrong": Verdict.BROKEN}


def test_wins_over_an_editable_install_that_is_a_link(editable: Project, tmp_path: Path) -> None:
    source = editable.root / "src"
    python = make_environment(tmp_path / "env", **{"easy-install": f"{source}\n"})
    (packages_of(tmp_path / "env") / "shop.egg-link").write_text(f"{source}\n../")
    assert editable.verify(python=python).verdicts == {"wrong": Verdict.BROKEN}


def test_wins_over_an_editable_install_that_is_a_hook(editable: Project, tmp_path: Path) -> None:
    source = editable.root / "src"
    python = make_editable(tmp_path / "env", app=source / "app")
    assert editable.verify(python=python).verdicts == {"wrong": Verdict.BROKEN}
    holds = f"The environment holds an install of the project; the sandbox goes first ({source})"
    assert [said for said in editable.told if "install" in said] == [holds]
    assert [path.name for path in source.iterdir()] == ["app.py"]


PACKAGE = {
    "libs/one/src/app/__init__.py": "",
    "libs/one/src/app/core.py": "VALUE = 1\n",
    "libs/two/late.py": "VALUE = 1\n",
    "test_app.py": """\
from app import core
def test_app():
    import late
    assert core.VALUE == late.VALUE == 1
""",
}


def test_wins_over_hooks_for_several_folders_of_which_one_shows_late(make: Make, tmp_path: Path) -> None:
    project = make(PACKAGE)
    project.propose("first", "libs/one/src/app/core.py", "VALUE = 1", "VALUE = 2")
    project.propose("second", "libs/two/late.py", "VALUE = 1", "VALUE = 3")
    libs = project.root / "libs"
    python = make_editable(tmp_path / "env", app=libs / "one/src/app", late=libs / "two/late")
    assert project.verify(python=python).verdicts == {"first": Verdict.BROKEN, "second": Verdict.BROKEN}


def test_wins_over_a_copy_of_the_project_among_the_installed_packages(editable: Project, tmp_path: Path) -> None:
    python = make_environment(tmp_path / "env")
    copy = packages_of(tmp_path / "env") / "app.py"
    copy.write_bytes((editable.root / "src/app.py").read_bytes())
    assert editable.verify(python=python).verdicts == {"wrong": Verdict.BROKEN}


def test_wins_over_another_checkout_where_the_work_tree_holds_the_changes(
    editable: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with `greenmod verify --against`, and an environment that serves several work trees."""
    (tmp_path / "other").mkdir()
    (tmp_path / "other/app.py").write_text("VALUE = 1\n")
    python = make_environment(tmp_path / "env", shop=str(tmp_path / "other"))
    (editable.root / "src/app.py").write_text("VALUE = 2\n")
    monkeypatch.setattr(editable, "render", lambda ids: {"src/app.py": b"VALUE = 2\n" if ids else b"VALUE = 1\n"})
    assert editable.verify(python=python).verdicts == {"wrong": Verdict.BROKEN}


def test_refuses_an_editable_install_whose_hook_goes_first(editable: Project, tmp_path: Path) -> None:
    python = make_editable(tmp_path / "env", first=True, app=editable.root / "src/app")
    with pytest.raises(VerifyError, match=r"^app: imported from .*app\.py, not from the sandbox") as caught:
        editable.verify(python=python)
    assert caught.value.remedy.startswith("The environment holds an install of the project that goes before PYTHONPATH")
    assert [path.name for path in (editable.root / "src").iterdir()] == ["app.py"]


def test_refuses_an_editable_install_under_another_name_than_the_files(make: Make, tmp_path: Path) -> None:
    project = make({"src/other.py": "VALUE = 1\n", "test_app.py": TEST})
    project.propose("wrong", "src/other.py", "VALUE = 1", "VALUE = 2")
    python = make_editable(tmp_path / "env", app=project.root / "src/other")
    with pytest.raises(VerifyError, match=r"^app: imported from .*other\.py, not from the sandbox"):
        project.verify(python=python)


def test_names_the_setting_for_a_module_that_git_ignores(make: Make, tmp_path: Path) -> None:
    project = make({**PACKAGE, ".gitignore": "core.py\n", "libs/one/src/app/__init__.py": "VALUE = 1\n"})
    project.propose("wrong", "libs/one/src/app/__init__.py", "VALUE = 1", "VALUE = 2")
    subprocess.run(["git", "init", "-q"], cwd=project.root, check=True)
    libs = project.root / "libs"
    python = make_editable(tmp_path / "env", app=libs / "one/src/app", late=libs / "two/late")
    with pytest.raises(VerifyError, match=r"^app\.core: imported from .*core\.py, not from the sandbox") as caught:
        project.verify(python=python)
    assert caught.value.remedy.startswith("If git ignores that file, name it in `[tool.greenmod] sandbox-include`.")


@pytest.mark.parametrize(
    ("module", "file", "holders"),
    [
        ("app", "/shop/src/app.py", {"/shop/src"}),
        ("app", "/shop/src/app/__init__.py", {"/shop/src"}),
        ("app.core", "/shop/src/app/core.py", {"/shop/src"}),
        ("app.core", "/shop/src/app/core/__init__.py", {"/shop/src"}),
        ("app.fast", "/shop/src/app/fast.cpython-312-x86_64-linux-gnu.so", {"/shop/src"}),
        ("app", "/shop/src/other.py", set()),
        ("app.core", "/shop/core.py", set()),
        ("a.b.c.d", "/d.py", set()),
    ],
)
def test_finds_the_folder_from_which_a_module_can_be_imported(module: str, file: str, holders: set[str]) -> None:
    assert find_holders({module: Foreign("/elsewhere.py", file)}) == {str(Path(holder)) for holder in holders}
