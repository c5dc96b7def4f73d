"""What `testclient-to-async` reads of pytest's settings and of dependencies, and what it adds to their files."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from greenmod.config import Config
from greenmod.registry import available, load

if TYPE_CHECKING:
    from codemods.testclient_to_async.running import configuring, dependencies, pytest_settings, runner
else:  # as the registry mounts them
    _PACKAGE = load(available(Config(Path()))["testclient-to-async"]).__module__
    configuring, dependencies, pytest_settings, runner = (
        importlib.import_module(f"{_PACKAGE}.running.{name}")
        for name in ("configuring", "dependencies", "pytest_settings", "runner")
    )

AUTO = "[tool.pytest.ini_options]\nasyncio_mode = 'auto'\n"
AUTO_INI = "[pytest]\nasyncio_mode = auto\n"
AUTO_CFG = "[tool:pytest]\nasyncio_mode = auto\n"


def settings(files: dict[str, str], folder: str = "") -> pytest_settings.Settings:
    return pytest_settings.read_settings(files.get, folder)


# Reading pytest's settings


@pytest.mark.parametrize(
    ("files", "path", "kind"),
    [
        ({}, "", ""),
        ({"pyproject.toml": AUTO}, "pyproject.toml", "tool.pytest.ini_options"),
        ({"pyproject.toml": "[tool.pytest]\nasyncio_mode = 'auto'\n"}, "pyproject.toml", "tool.pytest"),
        ({"pyproject.toml": "[tool.ruff]\n", "tox.ini": AUTO_INI}, "tox.ini", "pytest"),
        ({"pyproject.toml": "[tool.pytest]\n", "setup.cfg": AUTO_CFG}, "setup.cfg", "tool:pytest"),
        ({"tox.ini": "[tox]\nenvlist = py\n", "setup.cfg": AUTO_CFG}, "setup.cfg", "tool:pytest"),
        ({"tox.ini": AUTO_INI, "setup.cfg": AUTO_CFG}, "tox.ini", "pytest"),
        ({"pytest.ini": "", "pyproject.toml": AUTO}, "pytest.ini", ""),
        ({"pytest.ini": "[tox]\na = 1\n", "pyproject.toml": AUTO}, "pytest.ini", ""),
        ({".pytest.ini": "", "pyproject.toml": AUTO}, ".pytest.ini", ""),
        ({".pytest.toml": "", "pytest.ini": AUTO_INI}, ".pytest.toml", ""),
        ({"pytest.toml": "[pytest]\n", ".pytest.toml": "", "pytest.ini": AUTO_INI}, "pytest.toml", "pytest"),
        ({"pyproject.toml": "[tool.ruff]\n"}, "pyproject.toml", ""),
        ({"a/pyproject.toml": "[project]\n", "pytest.ini": AUTO_INI}, "pytest.ini", "pytest"),
        ({"a/pyproject.toml": "[project]\n", "pyproject.toml": "[project]\n"}, "a/pyproject.toml", ""),
        ({"a/b/pytest.ini": "", "pytest.ini": AUTO_INI}, "a/b/pytest.ini", ""),
        ({"c/pytest.ini": AUTO_INI}, "", ""),
        # Files that pytest refuses end its search, and ours.
        ({"pyproject.toml": "[tool", "tox.ini": AUTO_INI}, "pyproject.toml", ""),
        ({"pyproject.toml": f"{AUTO}[tool.pytest]\nx = 1\n", "tox.ini": AUTO_INI}, "pyproject.toml", ""),
        ({"tox.ini": "nothing\n", "setup.cfg": AUTO_CFG}, "tox.ini", ""),
        ({"setup.cfg": AUTO_INI}, "setup.cfg", ""),
    ],
)
def test_finds_the_file_that_pytest_finds(files: dict[str, str], path: str, kind: str) -> None:
    found = settings(files, "a/b")

    assert (found.path, found.kind) == (path, kind)
    assert found.asyncio_mode == ("auto" if kind and "auto" in files[path] else "")


def test_says_what_pytest_does_when_nothing_is_set() -> None:
    assert settings({}) == pytest_settings.Settings(
        python_files=("test_*.py", "*_test.py"), python_classes=("Test",), python_functions=("test",)
    )


def test_reads_every_setting_of_an_ini_file() -> None:
    text = """\
[tox]
envlist = asyncio_mode

[pytest]
# asyncio_mode = strict
addopts =
    -q --strict-markers
    -p no:anyio
    -W "error::RuntimeWarning"
python_files = t_*.py "other file.py"
python_classes = Case
python_functions = check it_
asyncio_mode = auto
anyio_mode = strict
asyncio_default_fixture_loop_scope = session
asyncio_default_test_loop_scope = module
filterwarnings =
    error
    # left out
    ignore::DeprecationWarning
markers = slow: takes long
"""

    assert settings({"tox.ini": text}) == pytest_settings.Settings(
        path="tox.ini",
        kind="pytest",
        asyncio_mode="auto",
        fixture_loop_scope="session",
        test_loop_scope="module",
        anyio_mode="strict",
        blocks_anyio=True,
        addopts=("-q", "--strict-markers", "-p", "no:anyio", "-W", "error::RuntimeWarning"),
        python_files=("t_*.py", "other file.py"),
        python_classes=("Case",),
        python_functions=("check", "it_"),
        filterwarnings=("error", "ignore::DeprecationWarning", "error::RuntimeWarning"),
        markers=("slow: takes long",),
        strict_markers=True,
        lines={"asyncio_mode": 13, "anyio_mode": 14, "blocks_asyncio": 6, "blocks_anyio": 8},
    )


@pytest.mark.parametrize("header", ["[tool.pytest]", "[tool.pytest.ini_options]"])
def test_reads_lists_and_booleans_of_toml(header: str) -> None:
    text = f"{header}\nstrict = true\naddopts = ['-q', '-p', 'x y']\npython_files = ['a b.py']\nmarkers = ['slow']\n"

    found = settings({"pyproject.toml": text})

    assert found.addopts == ("-q", "-p", "x y")
    assert found.python_files == ("a b.py",)
    assert found.markers == ("slow",)
    assert found.strict_markers


def test_reads_one_line_of_options_in_toml() -> None:
    found = settings({"pyproject.toml": "[tool.pytest.ini_options]\naddopts = '-q \"a b\"'\nstrict_markers = false\n"})

    assert found.addopts == ("-q", "a b")
    assert not found.strict_markers


@pytest.mark.parametrize(
    ("addopts", "mode"),
    [
        ("-q", "strict"),
        ("--asyncio-mode=auto", "auto"),
        ("--asyncio-mode auto", "auto"),
        ("--asyncio-mode=auto --asyncio-mode=strict", "strict"),
        ("-o asyncio_mode=auto", "auto"),
        ("-oasyncio_mode=auto", "auto"),
        ("--override-ini=asyncio_mode=auto", "auto"),
        ("-o asyncio_mode=auto --asyncio-mode strict", "strict"),
        ("--asyncio-debug", "strict"),
        ("'", "strict"),
    ],
)
def test_options_overrule_the_mode(addopts: str, mode: str) -> None:
    assert settings({"pytest.ini": f"[pytest]\naddopts = {addopts}\nasyncio_mode = strict\n"}).asyncio_mode == mode


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        ("anyio_mode = auto", "auto"),
        ("addopts = --anyio-mode=auto", "auto"),
        ("addopts = --anyio-mode=strict\nanyio_mode = auto", "auto"),
        ("addopts = --anyio-mode=strict", "strict"),
        ("asyncio_mode = auto", ""),
    ],
)
def test_anyio_is_in_auto_mode_when_either_place_says_so(text: str, mode: str) -> None:
    assert settings({"pytest.ini": f"[pytest]\n{text}\n"}).anyio_mode == mode


@pytest.mark.parametrize(
    ("addopts", "asyncio", "anyio"),
    [
        ("", False, False),
        ("-p no:asyncio", True, False),
        ("-pno:asyncio", True, False),
        ("-p no:anyio", False, True),
        ("-p no:asyncio -p asyncio", False, False),
        ("-p no:pytest_asyncio", False, False),
        ("-p no:randomly --pythonwarnings=no:asyncio", False, False),
        ("--disable-plugin-autoload", True, True),
        ("--disable-plugin-autoload -p pytest_asyncio", False, True),
        ("--disable-plugin-autoload -p anyio.pytest_plugin", True, False),
    ],
)
def test_tells_which_plugins_are_kept_out(addopts: str, asyncio: bool, anyio: bool) -> None:
    found = settings({"pytest.ini": f"[pytest]\naddopts = {addopts}\n"})

    assert (found.blocks_asyncio, found.blocks_anyio) == (asyncio, anyio)


# Choosing the runner


def chosen(text: str, uses: runner.Uses, wanted: str = "auto") -> tuple[str, str, str, str]:
    found = runner.choose_runner(settings({"a/pytest.ini": f"[pytest]\n{text}\n"}, "a"), uses, wanted)
    return found.kind, found.mode, found.mark, found.why


NONE = runner.Uses()
ALL = runner.Uses(asyncio_marks=2, anyio_marks=3, imports_pytest_asyncio=True, asyncio_declared=True)


def test_takes_anyio_when_nothing_is_in_use() -> None:
    why = "the project has no runner of async tests yet, and starlette brings anyio"

    assert chosen("", NONE) == ("anyio", "strict", "anyio", why)
    assert chosen("", runner.Uses(asyncio_declared=True)) == ("anyio", "strict", "anyio", why)


@pytest.mark.parametrize(
    ("text", "uses", "kind", "why"),
    [
        ("asyncio_mode = strict", runner.Uses(anyio_marks=9), "asyncio", "a/pytest.ini:2 sets asyncio_mode = strict"),
        ("", ALL, "asyncio", "pytest.mark.asyncio is in use, 2 times"),
        ("", runner.Uses(imports_pytest_asyncio=True, anyio_marks=1), "asyncio", "pytest_asyncio is imported"),
        ("", runner.Uses(anyio_marks=1, asyncio_declared=True), "anyio", "pytest.mark.anyio is in use, once"),
        ("addopts = -p no:asyncio", ALL, "anyio", "a/pytest.ini:2 keeps pytest-asyncio out"),
        ("addopts = -p no:anyio", NONE, "asyncio", "a/pytest.ini:2 keeps anyio's plugin out"),
        ("anyio_mode = auto\naddopts = -p no:anyio", NONE, "asyncio", "a/pytest.ini:3 keeps anyio's plugin out"),
    ],
)
def test_takes_what_the_project_uses(text: str, uses: runner.Uses, kind: str, why: str) -> None:
    assert chosen(text, uses) == (kind, "strict", kind, why)


def test_takes_what_is_wanted_when_the_project_leaves_the_choice() -> None:
    assert chosen("", ALL, "anyio") == ("anyio", "strict", "anyio", "the option runner asks for anyio")
    assert chosen("", NONE, "asyncio") == ("asyncio", "strict", "asyncio", "the option runner asks for pytest-asyncio")


@pytest.mark.parametrize("wanted", ["auto", "anyio", "asyncio"])
def test_a_plugin_in_auto_mode_takes_every_test_without_a_mark(wanted: str) -> None:
    asyncio = "a/pytest.ini:2 sets asyncio_mode = auto: pytest-asyncio runs every async test"
    anyio = "a/pytest.ini:3 sets anyio_mode = auto: anyio runs every async test"

    asyncio += ", whatever the option runner says" if wanted == "anyio" else ""
    assert chosen("asyncio_mode = auto", NONE, wanted) == ("asyncio", "auto", "", asyncio)
    assert chosen("addopts = --asyncio-mode=auto", NONE, wanted) == ("asyncio", "auto", "", asyncio)
    assert chosen("asyncio_mode = strict\nanyio_mode = auto", ALL, wanted) == ("anyio", "auto", "", anyio)
    assert chosen("asyncio_mode = auto\nanyio_mode = auto", ALL, wanted) == ("asyncio", "auto", "", asyncio)


# Adding a setting


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("pytest.ini", "", "[pytest]\nkey = value\n"),
        ("a/pytest.toml", "", '[pytest]\nkey = "value"\n'),
        ("pyproject.toml", "", '[tool.pytest.ini_options]\nkey = "value"\n'),
        ("setup.cfg", "[metadata]\nname = x", "[metadata]\nname = x\n\n[tool:pytest]\nkey = value\n"),
        ("tox.ini", "[tox]\n\n", "[tox]\n\n[pytest]\nkey = value\n"),
        ("pytest.ini", "[pytest]", "[pytest]\nkey = value\n"),
        ("pytest.ini", "[pytest]\naddopts=-q", "[pytest]\naddopts=-q\nkey=value\n"),
        ("pytest.ini", "[pytest]\na=1\nb = 2\n", "[pytest]\na=1\nb = 2\nkey = value\n"),
        (
            "tox.ini",
            "; top\n[pytest]\nmarkers =\n    slow\n    # and\n\n    fast\n# commented = out\n\n# tox\n[tox]\nkey = 1\n",
            "; top\n[pytest]\nmarkers =\n    slow\n    # and\n\n    fast\nkey = value\n"
            "# commented = out\n\n# tox\n[tox]\nkey = 1\n",
        ),
        (
            "setup.cfg",
            "[pytest-x]\nx = 1\n[tool:pytest]\n# nothing yet\n\n[flake8]\nkey = %(here)s",
            "[pytest-x]\nx = 1\n[tool:pytest]\nkey = value\n# nothing yet\n\n[flake8]\nkey = %(here)s",
        ),
        (
            "pyproject.toml",
            '[tool.black]\n\n[tool.pytest.ini_options] # tests\ntestpaths = ["tests"] # here\naddopts = """\n# x\n"""\n'
            '\n# Linting\n[tool.ruff]\nkey = "other"\n',
            '[tool.black]\n\n[tool.pytest.ini_options] # tests\ntestpaths = ["tests"] # here\naddopts = """\n# x\n"""\n'
            'key = "value"\n\n# Linting\n[tool.ruff]\nkey = "other"\n',
        ),
        (
            "pyproject.toml",
            "[tool]\n  [tool.pytest.ini_options]\n  a = [\n    '[tool.pytest.ini_options]',\n  ]\n  # more\n",
            "[tool]\n  [tool.pytest.ini_options]\n  a = [\n    '[tool.pytest.ini_options]',\n  ]\n"
            '  key = "value"\n  # more\n',
        ),
        (
            "pyproject.toml",
            "[tool.pytest.ini_options]\n\n# next\n[project]\nname = 'x'\n[tool.mypy]",
            "[tool.pytest.ini_options]\nkey = \"value\"\n\n# next\n[project]\nname = 'x'\n[tool.mypy]",
        ),
        ("pyproject.toml", "[tool.pytest.ini_options]", '[tool.pytest.ini_options]\nkey = "value"'),
        ("pyproject.toml", "[tool.pytest]\nminversion = '9'", "[tool.pytest]\nminversion = '9'\nkey = \"value\""),
        ("pyproject.toml", "[tool.x]\na = 1\n", '[tool.x]\na = 1\n\n[tool.pytest.ini_options]\nkey = "value"\n'),
        ("pytest.toml", "# pytest\n", '# pytest\n\n[pytest]\nkey = "value"\n'),
    ],
)
def test_adds_a_setting_and_changes_nothing_else(path: str, before: str, after: str) -> None:
    assert configuring.with_setting(path, before, "key", "value") == after
    assert configuring.with_setting(path, after, "key", "value") == after


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("pytest.ini", "[pytest]\nkey = other\n"),
        ("pytest.ini", "[pytest]\nkey: other\n"),
        ("setup.cfg", "[tool:pytest]\nkey=\n"),
        ("pyproject.toml", "[tool.pytest.ini_options]\n'key' = 1\n"),
        ("pyproject.toml", "[tool]\npytest.ini_options.key = 'other'\n"),
        ("pyproject.toml", "[tool.pytest]\nkey = 'other'\n"),
        # There is no line for one more.
        ("pyproject.toml", "[tool.pytest]\nini_options = { a = '1' }\n"),
        ("pyproject.toml", "[tool]\npytest.ini_options.a = '1'\n"),
        ("pyproject.toml", "tool = 1\n"),
        # These can't be read.
        ("pyproject.toml", "[tool.pytest.ini_options\n"),
        ("pytest.ini", "nothing\n"),
    ],
)
def test_leaves_a_file_as_it_is(path: str, text: str) -> None:
    assert configuring.with_setting(path, text, "key", "value") == text


# Reading dependencies


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("pyproject.toml", '[project]\ndependencies = ["HTTPX>=0.27"]\n'),
        ("pyproject.toml", '[project]\ndependencies = ["fastapi[standard]"]\n'),
        ("pyproject.toml", '[project.optional-dependencies]\nx = ["FastAPI [dev, all] >=0.110 ; extra"]\n'),
        ("pyproject.toml", '[dependency-groups]\nx = [{ include-group = "y" }, "starlette[full]"]\n'),
        ("pyproject.toml", '[tool.poetry.dependencies]\nhttpx = "^0.27"\n'),
        ("pyproject.toml", '[tool.poetry.group.x.dependencies.fastapi]\nversion = "*"\nextras = ["all"]\n'),
        ("pyproject.toml", '[tool.poetry.dev-dependencies]\nHttpx = { version = "*" }\n'),
        ("pyproject.toml", '[tool.pdm.dev-dependencies]\nx = ["httpx"]\n'),
        ("pyproject.toml", '[tool.uv]\ndev-dependencies = ["httpx"]\n'),
        ("pyproject.toml", '[tool.hatch.envs.default]\nextra-dependencies = ["httpx"]\n'),
        ("Pipfile", '[dev-packages]\nhttpx = "*"\n'),
        ("requirements.txt", "fastapi\n\n  httpx==0.27 # client\n"),
        ("requirements/dev.txt", 'httpx>=0.27; python_version > "3.8"\n'),
        ("tests/requirements.txt", "httpx[http2]\n"),
        ("setup.cfg", "[options.extras_require]\nx =\n    pytest\n    httpx>=0.2\n"),
        ("setup.py", "setup(install_requires=['httpx<1'])\n"),
        ("tox.ini", "[testenv]\ndeps = httpx\n"),
        ("environment.yml", "dependencies:\n  - pip:\n    - httpx\n"),
    ],
)
def test_sees_a_declared_package(path: str, text: str) -> None:
    assert dependencies.is_declared({path: text}.get, "tests/unit", "httpx")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("pyproject.toml", '[project]\nname = "httpx"\ndependencies = ["httpx-sse", "pytest-httpx", "httpx2"]\n'),
        ("pyproject.toml", '[project]\ndependencies = ["fastapi", "fastapi[minimal]", "uvicorn[standard]"]\n'),
        ("pyproject.toml", '[project]\ndependencies = "httpx"\n[tool.poetry]\n# httpx\ndependencies = 1\n'),
        ("pyproject.toml", "[project\ndependencies = ['httpx']\n"),
        ("requirements.txt", "# httpx\n-e httpx\n--find-links httpx\n"),
        ("tox.ini", "[testenv]\ncommands =\n    httpx\n"),
        ("other/requirements.txt", "httpx\n"),
        ("setup.cfg", "httpx\n"),
    ],
)
def test_does_not_see_a_package_that_is_not_declared(path: str, text: str) -> None:
    assert not dependencies.is_declared({path: text}.get, "tests/unit", "httpx")


def test_compares_names_as_the_registries_do() -> None:
    assert dependencies.is_declared({"requirements.txt": "Asgi_Lifespan\n"}.get, "", "asgi-lifespan")


def test_follows_included_requirements_in_circles() -> None:
    files = {
        "requirements-dev.txt": "-r req/base.in\n",
        "req/base.in": "--requirement=../requirements-dev.txt\nhttpx\n",
    }

    assert dependencies.is_declared(files.get, "tests", "httpx")


# Adding a dependency


def added(files: dict[str, str], package: str = "asgi-lifespan", folder: str = "tests/unit") -> tuple[str, str] | None:
    return dependencies.with_dependency(files.get, folder, package)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("[]", '["asgi-lifespan"]'),
        ("[\n]", '[\n    "asgi-lifespan",\n]'),
        ("[\n  # none yet\n]", '[\n  # none yet\n    "asgi-lifespan",\n]'),
        ('["pytest"]', '["asgi-lifespan", "pytest"]'),
        ("['pytest']", "['asgi-lifespan', 'pytest']"),
        ('["pytest>=8", "httpx"]', '["pytest>=8", "httpx", "asgi-lifespan>=2.1"]'),
        ('["pytest>=8", "httpx",]', '["pytest>=8", "httpx", "asgi-lifespan>=2.1",]'),
        ('["anyio","pytest"]', '["anyio","asgi-lifespan","pytest"]'),
        ('[ "httpx", "pytest" ]', '[ "asgi-lifespan", "httpx", "pytest" ]'),
        ('["pytest ==8.0", "a==1"]', '["pytest ==8.0", "a==1", "asgi-lifespan"]'),
        ('["pytest >=8.0,<9", "a"]', '["pytest >=8.0,<9", "a", "asgi-lifespan >=2.1"]'),
        ('["pytest[x] >= 8.0"]', '["asgi-lifespan >= 2.1", "pytest[x] >= 8.0"]'),
        ('["pytest~=8.0"]', '["asgi-lifespan>=2.1", "pytest~=8.0"]'),
        ('[\n    "pytest",\n]', '[\n    "asgi-lifespan",\n    "pytest",\n]'),
        ('[\n\t"aiohttp",\n\t"pytest"\n]', '[\n\t"aiohttp",\n\t"asgi-lifespan",\n\t"pytest"\n]'),
        ('[\n  "pytest",\n  "a"\n]', '[\n  "pytest",\n  "a",\n  "asgi-lifespan"\n]'),
        ('[\n  "pytest",\n  "a"  # why\n]', '[\n  "pytest",\n  "a",  # why\n  "asgi-lifespan"\n]'),
        (
            '[\n  "pytest", # [one], "two"\n  "a", # why\n  # the end\n]',
            '[\n  "pytest", # [one], "two"\n  "a", # why\n  "asgi-lifespan",\n  # the end\n]',
        ),
        (
            '[\n  # app\n  "zipp",\n\n  # tests\n  "pytest",\n  "trio",\n\n  # lint\n  "ruff",\n]',
            '[\n  # app\n  "zipp",\n\n  # tests\n  "asgi-lifespan",\n  "pytest",\n  "trio",\n\n  # lint\n  "ruff",\n]',
        ),
        (
            '[\n  "anyio",\n  "pytest-cov>=1",\n  "pytest>=8",\n]',
            '[\n  "anyio",\n  "asgi-lifespan>=2.1",\n  "pytest-cov>=1",\n  "pytest>=8",\n]',
        ),
        ('["pytest",\n "a"]', '["pytest",\n "a",\n "asgi-lifespan"]'),
        ('["a",\n "pytest",]', '["a",\n "asgi-lifespan",\n "pytest",]'),
        ('[\n  "pytest", "b",\n  "a",\n]', '[\n  "pytest", "b",\n  "a",\n  "asgi-lifespan",\n]'),
        ('[\n  "b"\n  , "pytest"\n  , "a"\n]', '[\n  "b"\n  , "pytest"\n  , "a", "asgi-lifespan"\n]'),
        (
            '[\n  {include-group = "x"},\n  "pytest",\n]',
            '[\n  {include-group = "x"},\n  "asgi-lifespan",\n  "pytest",\n]',
        ),
        (
            '["pytest", {include-group = "x"}]',
            '["asgi-lifespan", "pytest", {include-group = "x"}]',
        ),
    ],
)
def test_adds_to_an_array_in_its_own_style(before: str, after: str) -> None:
    head = '[project]\nname = "x" # x\n\n[tool.a]\nb = "]"\n\n[dependency-groups] # groups\ntest = '
    tail = ' # last\n\n# Linting\n[tool.ruff]\nselect = ["pytest"]'

    assert added({"pyproject.toml": f"{head}{before}{tail}"}) == ("pyproject.toml", f"{head}{after}{tail}")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('pytest = "^8.0"\n', 'asgi-lifespan = "^2.1"\npytest = "^8.0"\n'),
        ('pytest = ">=8"\n', 'asgi-lifespan = ">=2.1"\npytest = ">=8"\n'),
        ('pytest = "*" # any\n\n', 'asgi-lifespan = "*"\npytest = "*" # any\n\n'),
        ('pytest = "8.0.1"\na = "1"', 'pytest = "8.0.1"\na = "1"\nasgi-lifespan = "*"'),
        (
            '  anyio = { version = "^4", extras = [\n    "trio",\n  ] } # c\n  # d\n  pytest = "^8"\n',
            '  anyio = { version = "^4", extras = [\n    "trio",\n  ] } # c\n  asgi-lifespan = "^2.1"\n  # d\n'
            '  pytest = "^8"\n',
        ),
    ],
)
def test_adds_to_a_table_of_poetry_in_its_own_style(before: str, after: str) -> None:
    head = '[tool.poetry]\nname = "x"\n\n[tool.poetry.dependencies]\npython = "^3.10"\n\n'
    head += "[tool.poetry.group.dev.dependencies] # dev\n"
    tail = "\n# Linting\n[tool.ruff]\n"

    assert added({"pyproject.toml": f"{head}{before}{tail}"}) == ("pyproject.toml", f"{head}{after}{tail}")


def test_gives_releases_below_one_no_caret() -> None:
    text = '[tool.poetry.dev-dependencies]\npytest = "^8"\n'
    after = '[tool.poetry.dev-dependencies]\npytest = "^8"\npytest-asyncio = ">=0.24"\n'

    assert added({"pyproject.toml": text}, "pytest-asyncio") == ("pyproject.toml", after)


def test_keeps_python_first_among_the_dependencies() -> None:
    text = '[tool.poetry.dependencies]\npython = "^3.10"\nfastapi = "^0.110"\npytest = "^8"\n'
    after = '[tool.poetry.dependencies]\npython = "^3.10"\nasgi-lifespan = "^2.1"\nfastapi = "^0.110"\npytest = "^8"\n'

    assert added({"pyproject.toml": text}) == ("pyproject.toml", after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("pytest", "asgi-lifespan\npytest"),
        ("pytest>=8\nblack", "pytest>=8\nblack\nasgi-lifespan>=2.1"),
        ("pytest==8.0\nblack==1\n", "pytest==8.0\nblack==1\nasgi-lifespan\n"),
        ("-r requirements.txt\n\npytest\nruff\n", "-r requirements.txt\n\nasgi-lifespan\npytest\nruff\n"),
        (
            "# Tests\npytest  # runs them\nanyio\n\n# Docs\nmkdocs\n",
            "# Tests\npytest  # runs them\nanyio\nasgi-lifespan\n\n# Docs\nmkdocs\n",
        ),
        ("Black\npytest\n\n", "asgi-lifespan\nBlack\npytest\n\n"),
        (
            "fastapi\nanyio\n# tests\npytest\na\n# docs\nmkdocs\n",
            "fastapi\nanyio\n# tests\npytest\na\nasgi-lifespan\n# docs\nmkdocs\n",
        ),
        ("anyio\n-e .\npytest\n", "anyio\nasgi-lifespan\n-e .\npytest\n"),
    ],
)
def test_adds_to_a_requirements_file_in_its_own_style(before: str, after: str) -> None:
    assert added({"requirements-dev.txt": before, "requirements.txt": "a\n"}) == ("requirements-dev.txt", after)


PYPROJECT = "pyproject.toml"


@pytest.mark.parametrize(
    ("files", "place"),
    [
        # The place that names pytest, then the one that names httpx, then the best name.
        ({PYPROJECT: "[dependency-groups]\ntest = []\nlint = ['pytest']\n"}, "lint = ['asgi-lifespan', 'pytest']"),
        (
            {PYPROJECT: "[dependency-groups]\ntest = ['pytest']\ndev = ['pytest']\n"},
            "test = ['asgi-lifespan', 'pytest']",
        ),
        (
            {PYPROJECT: "[dependency-groups]\ntest = ['pytest']\ndev = ['pytest', 'httpx']\n"},
            "dev = ['pytest', 'httpx', 'asgi-lifespan']",
        ),
        ({PYPROJECT: "[dependency-groups]\ntest = []\ndev = ['httpx']\n"}, "dev = ['asgi-lifespan', 'httpx']"),
        ({PYPROJECT: "[dependency-groups]\ntests = ['x']\ndev = ['y']\ndocs = []\n"}, "tests = ['asgi-lifespan', 'x']"),
        ({PYPROJECT: "[project]\ndependencies = ['pytest']\n"}, "dependencies = ['asgi-lifespan', 'pytest']"),
        (
            {PYPROJECT: "[project]\ndependencies = ['pytest']\n[dependency-groups]\ndev = ['ruff']\n"},
            "dev = ['asgi-lifespan', 'ruff']",
        ),
        ({PYPROJECT: "[tool.hatch.envs.x]\ndependencies = ['pytest']\n"}, "dependencies = ['asgi-lifespan', 'pytest']"),
        ({"Pipfile": "[dev-packages]\npytest = '*'\n"}, 'asgi-lifespan = "*"'),
        (
            {PYPROJECT: "[project]\ndependencies = ['a']\n[project.optional-dependencies]\ntesting = ['pytest']\n"},
            "testing = ['asgi-lifespan', 'pytest']",
        ),
        # The nearest folder that names pytest, else the nearest with a place.
        ({"tests/requirements.txt": "pytest\n", "requirements-dev.txt": "pytest\n"}, "tests/requirements.txt"),
        ({"tests/requirements.txt": "locust\n", "requirements-dev.txt": "pytest\n"}, "requirements-dev.txt"),
        ({"tests/requirements.txt": "locust\n", "requirements-dev.txt": "x\n"}, "tests/requirements.txt"),
        ({"requirements.txt": "fastapi\n"}, "requirements.txt"),
        ({"requirements.txt": "fastapi\npytest\n", "requirements-dev.txt": "ruff\n"}, "requirements.txt"),
        ({"requirements/test.txt": "x\n", "requirements/dev.txt": "y\n"}, "requirements/test.txt"),
        ({"dev-requirements.txt": "-r more.txt\nx\n", "more.txt": "pytest\n"}, "more.txt"),
        # What can't be edited does not stand in the way of what can.
        ({"tox.ini": "[testenv]\ndeps = pytest\n", "requirements-test.txt": "pytest\n"}, "requirements-test.txt"),
    ],
)
def test_chooses_the_plain_place(files: dict[str, str], place: str) -> None:
    found = added(files)

    assert found is not None
    assert place in (found[0], *found[1].splitlines())


@pytest.mark.parametrize(
    "files",
    [
        {},
        {PYPROJECT: "[project]\ndependencies = ['fastapi', 'httpx']\n"},
        {PYPROJECT: "[dependency-groups]\ndocs = ['mkdocs']\n"},
        {PYPROJECT: "[dependency-groups]\ntest = ['a']\n[project.optional-dependencies]\ntest = ['b']\n"},
        {PYPROJECT: "[dependency-groups]\ndev = ['pytest']\n", "requirements-dev.txt": "pytest\n"},
        {PYPROJECT: "[dependency-groups]\ntest = [{include-group = 'a'}]\n"},
        {PYPROJECT: "[dependency-groups]\ntest = ['pytest', 'asgi_lifespan']\n"},
        {PYPROJECT: "[dependency-groups\ntest = ['pytest']\n"},
        {PYPROJECT: "dependency-groups = { test = ['pytest'] }\n[tool.poetry.group.dev]\ndependencies.pytest = '*'\n"},
        {"requirements-dev.txt": "x\n", "requirements_dev.txt": "y\n"},
        {"requirements-dev.txt": "-r requirements.txt\n-r other.txt\n", "requirements.txt": "fastapi\n"},
        {"requirements-dev.txt": "#\n# This file is autogenerated by pip-compile\n#\npytest==8.0\n    # via -r x\n"},
        {"requirements-dev.txt": "# This file was autogenerated by uv via the following command:\npytest==8.0\n"},
        {"requirements-dev.txt": "pytest==8.0 --hash=sha256:00\n", "requirements.txt": "fastapi\n"},
        {"setup.cfg": "[options.extras_require]\ntest = pytest\n", "requirements.txt": "fastapi\n"},
        {"setup.py": "setup(extras_require={'test': ['pytest>=8']})\n", "requirements.txt": "fastapi\n"},
        {"other/requirements-dev.txt": "pytest\n"},
    ],
)
def test_adds_nothing_where_no_place_is_plain(files: dict[str, str]) -> None:
    assert added(files) is None
