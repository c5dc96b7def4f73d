"""Following names over files: imports, re-exports, stars, packages, and doubt that stays doubt."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from greenmod.facts.project import Definition, External, Project, Target, Unknown
from greenmod.facts.record import FileFacts
from greenmod.facts.survey import parse, survey
from greenmod.source import load

MakeProject = Callable[[Mapping[str, str]], Project]


@pytest.fixture
def project(tmp_path: Path) -> MakeProject:
    def make(files: Mapping[str, str]) -> Project:
        for path, text in files.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text)

        def facts(path: str) -> FileFacts | None:
            try:
                return survey(path, parse(load(tmp_path, path)))
            except SyntaxError:
                return None

        def search(words: Sequence[str]) -> Mapping[str, frozenset[str]]:
            hits = {path: frozenset(word for word in words if word in text) for path, text in files.items()}
            return {path: found for path, found in hits.items() if found}

        paths = sorted(path for path in files if path.endswith(".py"))
        return Project(
            tmp_path,
            paths,
            {"a.py": "surveyed"},
            facts,
            search,
            lambda paths: {path: f"asked for {path}" for path in paths},
        )

    return make


def resolve(project: Project, path: str, name: str, scope: str = "") -> set[Target]:
    return set(project.resolve(path, name, scope))


def test_name_of_another_package_is_external(project: MakeProject) -> None:
    found = project({"a.py": "import httpx\nfrom pydantic import BaseModel as B\n"})
    assert resolve(found, "a.py", "httpx.AsyncClient") == {External("httpx.AsyncClient")}
    assert resolve(found, "a.py", "B") == {External("pydantic.BaseModel")}


def test_follows_imports_to_the_definition(project: MakeProject) -> None:
    found = project(
        {
            "shop/__init__.py": "from .models import User as Person\n",
            "shop/models.py": "class User:\n    class Meta: pass\n",
            "tests/test_a.py": "import shop.models\nfrom shop import Person, models as m\nimport shop\n",
        }
    )
    user = Definition("shop/models.py", "User")
    for name in ("Person", "m.User", "shop.models.User", "shop.Person"):
        assert resolve(found, "tests/test_a.py", name) == {user}
    assert resolve(found, "tests/test_a.py", "m.User.Meta") == {Definition("shop/models.py", "User.Meta")}
    assert resolve(found, "tests/test_a.py", "m") == {Definition("shop/models.py", "")}


@pytest.mark.parametrize(
    ("importer", "module", "path"),
    [
        ("a/b/c.py", ".d", "a/b/d.py"),
        ("a/b/c.py", ".", "a/b/__init__.py"),
        ("a/b/__init__.py", ".d", "a/b/d.py"),
        ("a/b/c.py", "..e", "a/e/__init__.py"),
        ("a/b/c.py", "..b.d", "a/b/d.py"),
        ("a/b/c.py", "...top", "top.py"),
        ("a/b/c.py", ".nothing", None),
    ],
)
def test_follows_relative_imports(importer: str, module: str, path: str | None, project: MakeProject) -> None:
    files = ("a/__init__.py", "a/b/__init__.py", "a/b/c.py", "a/b/d.py", "a/e/__init__.py", "top.py")
    assert project(dict.fromkeys(files, "")).module_path(module, importer) == path


@pytest.mark.parametrize(
    ("module", "path"),
    [
        ("app.models", "backend/app/models.py"),
        ("models", None),  # inside a package, so that no import root leads to it
        ("py", None),
        ("i", "backend/i/__init__.py"),
        ("util", "backend/util.py"),
        ("app", "backend/app/__init__.py"),
        ("backend.util", "backend/util.py"),
        ("requests", None),
    ],
)
def test_finds_modules_below_the_folders_that_can_be_import_roots(
    module: str, path: str | None, project: MakeProject
) -> None:
    files = (
        "backend/app/__init__.py",
        "backend/app/models.py",
        "backend/app/py.py",
        "backend/i/__init__.py",
        "backend/util.py",
        "backend/main.py",
    )
    assert project(dict.fromkeys(files, "")).module_path(module, "backend/main.py") == path


def test_takes_the_module_nearest_to_the_importer(project: MakeProject) -> None:
    files = ("one/config.py", "one/main.py", "two/config.py", "two/main.py", "two/deep/er/test.py")
    found = project(dict.fromkeys(files, ""))
    assert found.module_path("config", "one/main.py") == "one/config.py"
    assert found.module_path("config", "two/deep/er/test.py") == "two/config.py"


def test_follows_star_imports(project: MakeProject) -> None:
    found = project({"a.py": "from b import *\n", "b.py": "from c import *\nx = 1\n", "c.py": "class D: pass\n"})
    assert resolve(found, "a.py", "D") == {Definition("c.py", "D")}


def test_star_import_from_elsewhere_leaves_doubt(project: MakeProject) -> None:
    found = project({"a.py": "from pydantic import *\n"})
    assert resolve(found, "a.py", "BaseModel") == {Unknown("BaseModel", "it may come from `from pydantic import *`")}


def test_competing_imports_all_count(project: MakeProject) -> None:
    found = project({"a.py": "try:\n    import ujson as json\nexcept ImportError:\n    import json\n"})
    assert resolve(found, "a.py", "json.loads") == {External("ujson.loads"), External("json.loads")}


@pytest.mark.parametrize(
    ("files", "name", "reason"),
    [
        ({"a.py": "b = f()\n"}, "b", "`b` is also bound by something other than an import"),
        ({"a.py": ""}, "b", "`b` is not bound in a.py"),
        ({"a.py": "from .gone import b\n"}, "b", "its module is not in the repository"),
        ({"a.py": "from c import b\n", "c.py": "b = f()\n"}, "b", "c.py doesn't say what it is"),
        ({"a.py": "from c import b\n", "c.py": "print b\n"}, "b", "c.py doesn't say what it is"),
        ({"a.py": "print b\n"}, "b", "a.py can't be parsed"),
        ({"a.py": "from c import b\n", "c.py": "from a import b\n"}, "b", "its re-exports go in a circle"),
    ],
)
def test_says_why_a_name_is_unknown(files: dict[str, str], name: str, reason: str, project: MakeProject) -> None:
    (target,) = resolve(project(files), "a.py", name)
    assert isinstance(target, Unknown)
    assert target.reason == reason


def test_star_imports_in_circles_end(project: MakeProject) -> None:
    modules = [f"m{number}" for number in range(30)]
    stars = "".join(f"from {module} import *\n" for module in modules)
    found = project({**{f"{module}.py": stars for module in modules}, "m29.py": f"{stars}class D: pass\n"})
    assert resolve(found, "m0.py", "x") == {Unknown("x", "`x` is not bound in m0.py")}
    assert resolve(found, "m0.py", "D") == {Definition("m29.py", "D")}


def test_star_import_of_a_re_export_is_followed(project: MakeProject) -> None:
    found = project(
        {"a.py": "from b import *\n", "b.py": "from c import D\n", "c.py": "from d import *\n", "d.py": "D = 1\n"}
    )
    (target,) = resolve(found, "a.py", "D")
    assert isinstance(target, Unknown)


def test_knows_bases_and_all_ancestors(project: MakeProject) -> None:
    found = project(
        {
            "a.py": "from b import B\nclass A(B, make(), Generic[T]): pass\n",
            "b.py": "from pydantic import BaseModel\nclass Mixin: pass\nclass B(BaseModel, Mixin): pass\n",
        }
    )
    definition = Definition("a.py", "A")
    assert found.bases(definition) == (
        frozenset({Definition("b.py", "B")}),
        frozenset({Unknown("", "a base that is an expression")}),
        frozenset({Unknown("Generic", "`Generic` is not bound in a.py")}),
    )
    assert found.ancestors(definition) == {
        Definition("b.py", "B"),
        Definition("b.py", "Mixin"),
        External("pydantic.BaseModel"),
        Unknown("", "a base that is an expression"),
        Unknown("Generic", "`Generic` is not bound in a.py"),
    }


def test_classes_that_derive_from_each_other_end(project: MakeProject) -> None:
    found = project({"a.py": "class A(B): pass\nclass B(A): pass\n"})
    assert found.ancestors(Definition("a.py", "A")) == {Definition("a.py", "A"), Definition("a.py", "B")}


def test_nothing_is_known_of_a_class_that_is_not_there(project: MakeProject) -> None:
    found = project({"a.py": ""})
    assert found.bases(Definition("a.py", "A")) == ()
    assert found.find_class(Definition("a.py", "A")) is None


def test_surveys_candidates_once_and_others_when_asked(project: MakeProject) -> None:
    found = project({"a.py": "", "b.py": ""})
    assert (found.survey("a.py"), found.survey("b.py")) == ("surveyed", "asked for b.py")


def test_surveys_many_at_once_and_each_once(tmp_path: Path) -> None:
    asked: list[Sequence[str]] = []

    def survey(paths: Sequence[str]) -> Mapping[str, object]:
        asked.append(tuple(paths))
        return {path: f"asked for {path}" for path in paths if path != "nothing.py"}

    found = Project(tmp_path, (), {"a.py": "surveyed"}, lambda path: None, lambda words: {}, survey)
    assert found.survey("b.py") == "asked for b.py"
    assert found.survey_all(iter(["c.py", "a.py", "b.py", "nothing.py", "c.py"])) == {
        "c.py": "asked for c.py",
        "a.py": "surveyed",
        "b.py": "asked for b.py",
        "nothing.py": None,
    }
    assert (found.survey("nothing.py"), found.survey_all([])) == (None, {})
    assert asked == [("b.py",), ("c.py", "nothing.py")]


@pytest.mark.parametrize(
    ("path", "data", "text"),
    [
        ("pytest.ini", b"[pytest]\n", "[pytest]\n"),
        ("deep/pyproject.toml", b"\xef\xbb\xbf[a]\r\nb = '\xc3\xa9'\r", "[a]\nb = 'é'\n"),
        ("tox.ini", b"# coding: latin-1\n\xc3\xa9\n", "# coding: latin-1\né\n"),
        ("a.py", b"# coding: latin-1\n\xe9\n", "# coding: latin-1\né\n"),
        ("empty.txt", b"", ""),
        ("bad.txt", b"\xff\n", None),
    ],
)
def test_reads_any_file_as_text(path: str, data: bytes, text: str | None, tmp_path: Path, project: MakeProject) -> None:
    found = project({"deep/a.py": ""})
    (tmp_path / path).write_bytes(data)
    assert found.read(path) == text


def test_reads_nothing_that_is_not_a_file_of_the_repository(tmp_path: Path, project: MakeProject) -> None:
    found = project({"root/a.py": "", "root/inside.ini": "x\n", "outside.ini": "secret\n"})
    inner = Project(tmp_path / "root", (), {}, lambda path: None, lambda words: {})
    (tmp_path / "root/in.ini").symlink_to("inside.ini")
    (tmp_path / "root/out.ini").symlink_to("../outside.ini")
    (tmp_path / "root/out").symlink_to("..")
    assert (inner.read("in.ini"), found.read("outside.ini")) == ("x\n", "secret\n")
    for path in ("gone.ini", "a.py/b.ini", ".", "out.ini", "out/outside.ini", "../outside.ini", "/etc/hosts"):
        assert inner.read(path) is None


def test_finds_files_that_mention_words(project: MakeProject) -> None:
    found = project({"a.py": "orm_mode = 1", "b.py": "Config.orm_mode", "c.py": ""})
    assert found.mentioning("orm_mode", "Config") == {
        "a.py": frozenset({"orm_mode"}),
        "b.py": frozenset({"orm_mode", "Config"}),
    }


def test_the_nearest_folder_that_says_something_counts(project: MakeProject) -> None:
    found = project(
        {"requirements.txt": "pydantic<2\n", "a/requirements.txt": "httpx\n", "a/b/setup.cfg": "    pydantic>=2\n"}
    )
    asked = [found.requirement(path, "pydantic") for path in ("x.py", "a/x.py", "a/b/x.py", "a/b/c/x.py")]
    assert [requirement.where for requirement in asked if requirement] == [
        "requirements.txt:1",
        "requirements.txt:1",
        "a/b/setup.cfg:1",
        "a/b/setup.cfg:1",
    ]


def test_asks_the_nearest_folder_for_a_requirement(project: MakeProject) -> None:
    found = project({"requirements.txt": "pydantic<2\n", "new/requirements.txt": "pydantic>=2\n", "new/a.py": ""})
    new, old = found.requirement("new/a.py", "pydantic"), found.requirement("old/b.py", "pydantic")
    assert new is not None
    assert old is not None
    assert (new.where, old.where) == ("new/requirements.txt:1", "requirements.txt:1")
    assert found.requirement("new/a.py", "httpx") is None
