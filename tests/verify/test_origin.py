"""Environments that hold an install of the project: the sandbox wins, or greenmod says that it does not."""

from __future__ import annotations

import sys
import venv
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from greenmod.errors import VerifyError
from greenmod.model import Verdict

if TYPE_CHECKING:
    from tests.verify.conftest import Make, Project

EDITABLE_HOOK = """\
import sys
from importlib.machinery import PathFinder
class Editable:
    @staticmethod
    def find_spec(name, path=None, target=None):
        return PathFinder.find_spec(name, [{source!r}]) if name == "app" else None
sys.meta_path.append(Editable)
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
    packages = next(folder.glob("lib/python*/site-packages"), folder / "Lib/site-packages")
    for name, text in {"ours": str(Path(pytest.__file__).parents[1]), **links}.items():
        (packages / f"{name}.pth").write_text(text)
    return folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def test_wins_over_an_editable_install_that_is_a_path(editable: Project, tmp_path: Path) -> None:
    python = make_environment(tmp_path / "env", shop=str(editable.root / "src"))
    assert editable.verify(python=python).verdicts == {"wrong": Verdict.BROKEN}


def test_refuses_an_editable_install_that_is_a_hook_until_its_remedy_is_followed(
    editable: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "hooks").mkdir()
    (tmp_path / "hooks/shop_hook.py").write_text(EDITABLE_HOOK.format(source=str(editable.root / "src")))
    python = make_environment(tmp_path / "env", shop=f"{tmp_path / 'hooks'}\nimport shop_hook")
    with pytest.raises(VerifyError, match=r"^app: imported from .*app\.py, not from the sandbox") as caught:
        editable.verify(python=python)
    assert f"PYTHONPATH={editable.root / 'src'};" in caught.value.remedy
    assert [path.name for path in (editable.root / "src").iterdir()] == ["app.py"]
    monkeypatch.setenv("PYTHONPATH", str(editable.root / "src"))
    assert editable.verify(python=python).verdicts == {"wrong": Verdict.BROKEN}


def test_refuses_a_copy_of_the_project_among_the_installed_packages(editable: Project, tmp_path: Path) -> None:
    python = make_environment(tmp_path / "env")
    copy = next(tmp_path.glob("env/**/site-packages")) / "app.py"
    copy.write_bytes((editable.root / "src/app.py").read_bytes())
    with pytest.raises(
        VerifyError, match=r"^app: imported from .*site-packages.app\.py, not from the sandbox"
    ) as caught:
        editable.verify(python=python)
    assert f"PYTHONPATH={editable.root / 'src'};" in caught.value.remedy
