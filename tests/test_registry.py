"""Codemods as their source text describes them, chosen by name, loaded when one is needed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from greenmod.config import Config
from greenmod.description import CodemodSpec, OptionSpec
from greenmod.errors import CodemodError, UsageError
from greenmod.model import Safety
from greenmod.registry import Selection, available, built_in_folder, choose, fixtures_folder, load

MINIMAL = "from greenmod.api import *\nclass Minimal(Codemod):\n    name = 'do-it'\n"
FULL = '''"""Do much.

Why: because.
"""
import greenmod.api as api
raise SystemExit("never run to be described")

class Helper: pass

class DoMuch(Helper, api.Codemod):
    """Not this."""

    name = "do-much"
    source: str = "https://example.org"
    safety = api.Safety.UNSAFE
    triggers = ("word", ("all", "of these"))
    pattern = r"word\\s*="
    statement_local = True
    wants_evidence = True
    saves_statements = True
    wants_objects = True
    options = (
        api.Option("style", "minimal", "how far", ("minimal", "modern")),
        api.Option(name="deep", default=True, help="or not"),
        api.Option("names", ["x"], "some"),
        api.Option("depth", 3, "many"),
    )

    @classmethod
    def survey(cls, file): ...

    @classmethod
    def decide(cls, project, options): ...
'''
Configure = Callable[..., Config]


@pytest.fixture
def configure(tmp_path: Path) -> Configure:
    """Return a function that writes codemods into a project and returns its configuration."""

    def make(*texts: str, **settings: object) -> Config:
        for number, text in enumerate(texts):
            (tmp_path / "own").mkdir(exist_ok=True)
            (tmp_path / "own" / f"mod_{tmp_path.name}_{number}.py").write_text(text)
        return Config(tmp_path, codemods=("own",) if texts else (), **settings)  # type: ignore[arg-type]  # by name

    return make


def own(config: Config) -> dict[str, CodemodSpec]:
    return {name: spec for name, spec in available(config).items() if spec.origin == "project"}


def test_knows_the_codemods_that_come_with_greenmod(tmp_path: Path) -> None:
    found = available(Config(tmp_path))
    assert {"async-client-app-to-transport", "orm-mode-to-from-attributes"} <= set(found)
    for spec in found.values():
        assert spec.origin == "built-in"
        assert spec.summary.endswith((".", ":"))
        assert Path(spec.file).is_relative_to(built_in_folder())
        assert (fixtures_folder() / spec.name).is_dir()
        assert load(spec).name == spec.name


def test_describes_a_codemod_without_running_it(configure: Configure) -> None:
    spec = own(configure(FULL))["do-much"]
    assert spec == CodemodSpec(
        name="do-much",
        file=spec.file,
        class_name="DoMuch",
        doc="Do much.\n\nWhy: because.",
        source="https://example.org",
        safety=Safety.UNSAFE,
        triggers=("word", ("all", "of these")),
        pattern=r"word\s*=",
        options=(
            OptionSpec("style", "minimal", "how far", ("minimal", "modern")),
            OptionSpec("deep", True, "or not"),
            OptionSpec("names", ["x"], "some"),
            OptionSpec("depth", 3, "many"),
        ),
        statement_local=True,
        wants_evidence=True,
        saves_statements=True,
        wants_objects=True,
        has_survey=True,
        has_decide=True,
        origin="project",
    )
    assert spec.summary == "Do much."


def test_says_the_least_about_a_minimal_codemod(configure: Configure) -> None:
    spec = own(configure(MINIMAL))["do-it"]
    assert (spec.doc, spec.safety, spec.triggers, spec.options) == ("", Safety.SAFE, (), ())
    assert not (spec.has_survey)
    assert not (spec.has_decide)
    assert not (spec.statement_local)
    assert not (spec.wants_evidence)
    assert not (spec.saves_statements)
    assert not (spec.wants_objects)
    assert not (spec.is_library)


def test_finds_codemods_in_folders_packages_and_files(tmp_path: Path) -> None:
    (tmp_path / "mods/big_one").mkdir(parents=True)
    (tmp_path / "mods/big_one/__init__.py").write_text(MINIMAL.replace("do-it", "big-one"))
    (tmp_path / "mods/big_one/part.py").write_text(MINIMAL.replace("do-it", "not-found"))
    (tmp_path / "mods/empty").mkdir()
    (tmp_path / "mods/notes.txt").write_text("not Python")
    (tmp_path / "mods/two.py").write_text(f"{MINIMAL}class Other(Codemod):\n    name = 'other-one'\nclass No: pass\n")
    (tmp_path / "single.py").write_text(MINIMAL.replace("do-it", "single-one"))
    config = Config(tmp_path, codemods=("mods", "single.py"))
    assert sorted(own(config)) == ["big-one", "do-it", "other-one", "single-one"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("class A(Codemod): pass\n", ":1: the codemod A has no `name`"),
        ("class A(Codemod):\n    name = NAME\n", "`name` must be a literal"),
        ("class A(Codemod):\n    name = 1\n", "`name` must be"),
        ("class A(Codemod):\n    name = 'A B'\n", "`name` must be"),
        (f"{MINIMAL}    triggers = 'word'\n", "`triggers` must be"),
        (f"{MINIMAL}    triggers = ('',)\n", "`triggers` must be"),
        (f"{MINIMAL}    triggers = ((),)\n", "`triggers` must be"),
        (f"{MINIMAL}    triggers = (1,)\n", "`triggers` must be"),
        (f"{MINIMAL}    reaches = 'word'\n", "`reaches` must be"),
        (f"{MINIMAL}    pattern = '('\n", "`pattern` must be"),
        (f"{MINIMAL}    statement_local = 'yes'\n", "`statement_local` must be"),
        (f"{MINIMAL}    wants_evidence = 1\n", "`wants_evidence` must be"),
        (f"{MINIMAL}    wants_objects = 1\n", "`wants_objects` must be"),
        (f"{MINIMAL}    safety = Safety.PERHAPS\n", "`safety` must be"),
        (f"{MINIMAL}    safety = 'safe'\n", "`safety` must be"),
        (f"{MINIMAL}    options = ['style']\n", "`options` must be"),
        (f"{MINIMAL}    options = (Option('style'),)\n", "`options` must be"),
        (f"{MINIMAL}    options = (Option('a', 1, 'b', colour='red'),)\n", "`options` must be"),
        (f"{MINIMAL}    options = (Option('a', DEFAULT, 'b'),)\n", "`options` must be a literal"),
        ("class A(\n", "the codemod can't be read"),
        ("\0", "the codemod can't be read"),
    ],
)
def test_names_what_is_wrong_with_a_codemod(text: str, words: str, configure: Configure) -> None:
    with pytest.raises(UsageError, match=r"own/mod_.*\.py") as caught:
        available(configure(text))
    assert words in caught.value.message


def test_refuses_a_name_that_is_taken(configure: Configure) -> None:
    with pytest.raises(UsageError, match="the name do-it is taken"):
        available(configure(MINIMAL, MINIMAL))
    with pytest.raises(UsageError, match="the name orm-mode-to-from-attributes is taken"):
        available(configure(MINIMAL.replace("do-it", "orm-mode-to-from-attributes")))


def test_loads_a_codemod_with_packages_inside(tmp_path: Path) -> None:
    inner = tmp_path / "codemods" / "deep_one" / "inside"
    inner.mkdir(parents=True)
    (inner / "__init__.py").write_text("")
    (inner / "naming.py").write_text("from .. import TITLE\n\nNEW = TITLE.lower()\n")
    head = 'TITLE = "New"\n\nfrom .inside.naming import NEW\n'
    (inner.parent / "__init__.py").write_text(f"{head}{MINIMAL}    new = NEW\n")

    found = available(Config(tmp_path, codemods=("codemods",)))

    assert next(vars(load(spec))["new"] for spec in found.values() if spec.origin != "built-in") == "new"


def test_refuses_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="codemods: nowhere: no such file or folder"):
        available(Config(tmp_path, codemods=("nowhere",)))


def test_picks_all_safe_codemods_when_none_is_named(configure: Configure) -> None:
    config = configure(MINIMAL, FULL)

    def names(unsafe: bool) -> set[str]:
        return {spec.name for spec in choose(config, [], [], unsafe, []).specs}

    assert "do-much" not in names(False)
    assert names(True) == names(False) | {"do-much"} == set(available(config))


def test_command_line_overrules_the_configuration(configure: Configure) -> None:
    config = configure(MINIMAL, FULL, select=("do-it",), ignore=("do-much",))
    assert [spec.name for spec in choose(config, [], [], False, []).specs] == ["do-it"]
    assert [spec.name for spec in choose(config, ["do-much", "do-it"], [], False, []).specs] == ["do-it"]
    assert choose(config, [], ["do-it"], False, []).specs == ()


def test_keeps_the_order_in_which_codemods_were_named(configure: Configure) -> None:
    config = configure(MINIMAL, FULL)
    assert [spec.name for spec in choose(config, ["do-much", "do-it", "do-much"], [], False, []).specs] == [
        "do-much",
        "do-it",
    ]


def test_merges_options(configure: Configure) -> None:
    config = configure(FULL, options={"do-much": {"style": "modern", "depth": 5}})
    given = ["do-much.deep=FALSE", "do-much.names=a,b", "do-much.depth=-7"]
    assert choose(config, ["do-much"], [], False, given).options == {
        "do-much": {"style": "modern", "deep": False, "names": ["a", "b"], "depth": -7}
    }
    assert choose(config, ["orm-mode-to-from-attributes"], [], False, given).options.keys() == {
        "orm-mode-to-from-attributes"
    }


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("do-much", "expected CODEMOD.NAME=VALUE"),
        ("style=modern", "expected CODEMOD.NAME=VALUE"),
        ("do-mush.style=modern", 'there is no codemod "do-mush". Did you mean "do-much"?'),
        ("do-much.stile=modern", 'do-much has no option "stile". Did you mean "style"?'),
        ("do-much.style=modren", "'modren' is not one of minimal, modern. Did you mean \"modern\"?"),
        ("do-much.deep=maybe", "expected bool, not 'maybe'"),
        ("do-much.depth=deep", "expected int, not 'deep'"),
    ],
)
def test_names_what_is_wrong_with_an_option(option: str, words: str, configure: Configure) -> None:
    with pytest.raises(UsageError) as caught:
        choose(configure(FULL), ["do-much"], [], False, [option])
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"options": {"do-mush": {}}}, 'there is no codemod "do-mush". Did you mean "do-much"?'),
        ({"options": {"do-much": {"stile": "modern"}}}, 'no option "stile"'),
        ({"options": {"do-much": {"deep": "yes"}}}, "expected bool, not 'yes'"),
        ({"options": {"do-much": {"deep": 1}}}, "expected bool, not 1"),
        ({"options": {"do-much": {"depth": True}}}, "expected int, not True"),
        ({"options": {"do-much": {"names": [1]}}}, "expected list"),
        ({"select": ("do-mush",)}, 'there is no codemod "do-mush"'),
        ({"ignore": ("do-mush",)}, 'there is no codemod "do-mush"'),
    ],
)
def test_names_what_is_wrong_in_the_configuration(
    settings: dict[str, object], words: str, configure: Configure
) -> None:
    with pytest.raises(UsageError) as caught:
        choose(configure(FULL, **settings), [], [], True, [])
    assert words in str(caught.value)
    assert "pyproject.toml" in str(caught.value)


def test_names_an_unknown_codemod_and_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match='Did you mean "orm-mode-to-from-attributes"'):
        choose(Config(tmp_path), ["orm-mode-from-attributes"], [], False, [])
    with pytest.raises(UsageError, match='there is no codemod "zzz"'):
        choose(Config(tmp_path), [], ["zzz"], False, [])


def test_takes_a_class_of_any_library(tmp_path: Path) -> None:
    name = "libcst.codemod.commands.noop:NOOPCommand"
    found = choose(Config(tmp_path), [name], [], False, [f"{name}.key=value=1"])
    assert found == Selection((CodemodSpec(name, "", "NOOPCommand", origin="library"),), {name: {"key": "value=1"}})


def test_loads_each_class_from_its_own_file(tmp_path: Path) -> None:
    classes = []
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "same.py").write_text(f"{MINIMAL}    mark = {folder!r}\n")
        (spec,) = own(Config(tmp_path, codemods=(folder,))).values()
        classes.append(load(spec))
    assert [getattr(found, "mark", None) for found in classes] == ["one", "two"]


def test_package_can_import_its_parts(tmp_path: Path) -> None:
    (tmp_path / "mods/parts_of_it").mkdir(parents=True)
    (tmp_path / "mods/parts_of_it/__init__.py").write_text(f"from .part import X\n{MINIMAL}    mark = X\n")
    (tmp_path / "mods/parts_of_it/part.py").write_text("X = 7\n")
    (spec,) = own(Config(tmp_path, codemods=("mods",))).values()
    assert getattr(load(spec), "mark", None) == 7


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"import no_such_module\n{MINIMAL}", "can't be imported: ModuleNotFoundError"),
        (f"raise SystemExit(3)\n{MINIMAL}", "can't be imported: SystemExit"),
        (f"{MINIMAL}del Minimal\n", "Minimal is not a codemod"),
        ("class Codemod: pass\nclass Minimal(Codemod):\n    name = 'do-it'\n", "Minimal is not a codemod"),
    ],
)
def test_names_a_codemod_that_cannot_be_loaded(text: str, words: str, configure: Configure) -> None:
    (spec,) = own(configure(text)).values()
    before = set(sys.modules)
    with pytest.raises(CodemodError, match=words):
        load(spec)
    assert "no_such_module" not in set(sys.modules) - before
