"""What pytest would read: which configuration file it finds, and what that says about async tests and collection.

The order is that of pytest 9's `locate_config`, the meaning that of `getini`; ini files are read by pytest's own
parser. A file that pytest would refuse ends the search with nothing set, as it ends pytest's.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from iniconfig import IniConfig, ParseError

from .folders import Read, inside, upwards
from .toml_text import load_toml, look_up

_FILES = ("pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg")
_OWN_FILES = _FILES[:4]  # these count even when they are empty
_COMMENT = re.compile(r"\s*[#;]")
_TRUE = ("1", "true", "yes", "on")
# As `-p` may name them.
_PLUGINS = {
    "asyncio": ("asyncio", "pytest_asyncio", "pytest_asyncio.plugin"),
    "anyio": ("anyio", "anyio.pytest_plugin"),
}
# What is noted with its line, by a word that the line holds.
_EVIDENCE = {
    "asyncio_mode": ("--asyncio-mode", "asyncio_mode"),
    "anyio_mode": ("--anyio-mode", "anyio_mode"),
    "blocks_asyncio": ("no:asyncio", "addopts"),
    "blocks_anyio": ("no:anyio", "addopts"),
}


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a test run. Modes and scopes are empty where nothing sets them.

    `path` is the file they stand in, empty if there is none; `kind` is the table there as its header writes it, empty
    where `path` has none yet. `lines` says where (1-based) a mode is set or a plugin is blocked.
    """

    path: str = ""
    kind: str = ""
    asyncio_mode: str = ""
    fixture_loop_scope: str = ""
    test_loop_scope: str = ""
    anyio_mode: str = ""
    blocks_asyncio: bool = False
    blocks_anyio: bool = False
    addopts: tuple[str, ...] = ()
    python_files: tuple[str, ...] = ("test_*.py", "*_test.py")
    python_classes: tuple[str, ...] = ("Test",)
    python_functions: tuple[str, ...] = ("test",)
    filterwarnings: tuple[str, ...] = ()
    markers: tuple[str, ...] = ()
    strict_markers: bool = False
    lines: Mapping[str, int] = field(default_factory=dict)

    def where(self, setting: str) -> str:
        """Return `path:line` of what is noted in `lines`, else the path."""
        return f"{self.path}:{self.lines[setting]}" if setting in self.lines else self.path


def read_settings(read: Read, folder: str) -> Settings:
    """Return what pytest reads when it is given the tests in `folder`: their deepest common folder."""
    project = ""
    for above in upwards(folder):
        for name in _FILES:
            path = inside(above, name)
            text = read(path)
            if text is None:
                continue
            if name == "pyproject.toml":
                project = project or path
            found = _find_table(name, text)
            if found is not None:
                kind, values = found
                return _settings(path, kind, text, values)
    return Settings(project)


def load_ini(text: str) -> IniConfig | None:
    """Return the sections of an ini file; None if it can't be parsed."""
    try:
        return IniConfig("", data=text)
    except ParseError:
        return None


def _find_table(name: str, text: str) -> tuple[str, Mapping[str, object]] | None:
    """Return the table that pytest takes from a file, with its name; None where pytest looks further."""
    found = _in_toml(name, text) if name.endswith(".toml") else _in_ini(name, text)
    return ("", {}) if found is None and name in _OWN_FILES else found


def _in_toml(name: str, text: str) -> tuple[str, Mapping[str, object]] | None:
    document = load_toml(text)
    if document is None:
        return "", {}
    if name != "pyproject.toml":
        table = look_up(document, ("pytest",))
        return ("pytest", table) if isinstance(table, dict) else None
    table = look_up(document, ("tool", "pytest"))
    if not isinstance(table, dict):
        return None
    old = table.get("ini_options")
    new = {key: value for key, value in table.items() if key != "ini_options"}
    if new:
        return ("", {}) if old else ("tool.pytest", new)
    return ("tool.pytest.ini_options", old) if isinstance(old, dict) else None


def _in_ini(name: str, text: str) -> tuple[str, Mapping[str, object]] | None:
    ini = load_ini(text)
    section = "tool:pytest" if name == "setup.cfg" else "pytest"
    if ini is not None and section in ini.sections:
        return section, ini.sections[section]
    is_refused = ini is None or "pytest" in ini.sections  # `[pytest]` in setup.cfg
    return ("", {}) if is_refused else None


def _settings(path: str, kind: str, text: str, values: Mapping[str, object]) -> Settings:
    addopts = _arguments(values, "addopts")
    overrides = (given.partition("=") for given in _given(addopts, "--override-ini", "-o"))
    values = {**values, **{key: value for key, equals, value in overrides if equals}}
    anyio_modes = (*_given(addopts, "--anyio-mode"), _word(values, "anyio_mode"))
    blocks_asyncio, blocks_anyio = _is_blocked(addopts, "asyncio"), _is_blocked(addopts, "anyio")
    return Settings(
        path=path,
        kind=kind,
        asyncio_mode=next(reversed(_given(addopts, "--asyncio-mode")), _word(values, "asyncio_mode")),
        fixture_loop_scope=_word(values, "asyncio_default_fixture_loop_scope"),
        test_loop_scope=_word(values, "asyncio_default_test_loop_scope"),
        # Unlike pytest-asyncio, anyio takes `auto` from either place.
        anyio_mode="auto" if "auto" in anyio_modes else anyio_modes[0],
        blocks_asyncio=blocks_asyncio,
        blocks_anyio=blocks_anyio,
        addopts=addopts,
        python_files=_arguments(values, "python_files", "test_*.py *_test.py"),
        python_classes=_arguments(values, "python_classes", "Test"),
        python_functions=_arguments(values, "python_functions", "test"),
        filterwarnings=(*_lines(values, "filterwarnings"), *_given(addopts, "--pythonwarnings", "-W")),
        markers=_lines(values, "markers"),
        strict_markers=_is_strict(values, addopts),
        lines=dict(_evidence(text, kind)),
    )


def _word(values: Mapping[str, object], key: str) -> str:
    return str(values.get(key, "")).strip()


def _arguments(values: Mapping[str, object], key: str, default: str = "") -> tuple[str, ...]:
    value = values.get(key, default)
    if isinstance(value, list):
        return tuple(map(str, value))
    try:
        return tuple(shlex.split(str(value)))
    except ValueError:  # an open quote: pytest refuses to start
        return tuple(str(value).split())


def _lines(values: Mapping[str, object], key: str) -> tuple[str, ...]:
    value = values.get(key, "")
    lines = map(str, value) if isinstance(value, list) else str(value).split("\n")
    return tuple(stripped for line in lines if (stripped := line.strip()))


def _given(addopts: tuple[str, ...], *names: str) -> tuple[str, ...]:
    """Return the values of an option: `--long=value`, `--long value`, `-s value`, `-svalue`."""
    values = []
    for argument, following in zip(addopts, (*addopts[1:], ""), strict=False):
        for name in names:
            joined = f"{name}=" if name.startswith("--") else name
            if argument == name:
                values.append(following.strip())
            elif argument.startswith(joined):
                values.append(argument.removeprefix(joined).strip())
    return tuple(values)


def _is_blocked(addopts: tuple[str, ...], plugin: str) -> bool:
    """Tell whether `-p no:plugin` keeps a plugin out, or nothing lets it in. What is said last counts."""
    is_blocked = "--disable-plugin-autoload" in addopts
    for named in _given(addopts, "-p"):
        if named == f"no:{plugin}":
            is_blocked = True
        elif named in _PLUGINS[plugin]:
            is_blocked = False
    return is_blocked


def _is_strict(values: Mapping[str, object], addopts: tuple[str, ...]) -> bool:
    if {"--strict-markers", "--strict"} & {*addopts}:
        return True
    return _word(values, "strict_markers" if "strict_markers" in values else "strict").lower() in _TRUE


def _evidence(text: str, kind: str) -> Iterator[tuple[str, int]]:
    lines = text.split("\n")
    header = re.compile(rf"\s*\[\s*{re.escape(kind)}\s*\]")
    start = next((number for number, line in enumerate(lines) if header.match(line)), 0)
    said = [(number, line) for number, line in enumerate(lines, 1) if number > start and not _COMMENT.match(line)]
    for setting, words in _EVIDENCE.items():
        found = [number for word in words for number, line in said if word in line]
        if found:
            yield setting, found[0]
