"""Which codemods there are, which of them a run has chosen, and with which options; mounted when one is needed.

Built-in codemods have no privileges: a project's own are found and loaded the same way, once its configuration
names their folder.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from greenmod.description import CodemodSpec, OptionSpec, describe
from greenmod.errors import CodemodError, UsageError, nearest
from greenmod.model import Safety

if TYPE_CHECKING:
    from greenmod.api import Codemod
    from greenmod.config import Config, OptionValue


# How the names of the modules begin that codemods' files are imported as.
MODULES = "greenmod_codemods_"


@dataclass(frozen=True, slots=True)
class Selection:
    """The codemods of a run, in the order they work, with the values of their options."""

    specs: tuple[CodemodSpec, ...]
    options: Mapping[str, Mapping[str, OptionValue]]


def stamp(spec: CodemodSpec) -> str:
    """Return what changes when a codemod does: the hash of its files."""
    file = Path(spec.file)
    files = sorted(file.parent.rglob("*.py")) if file.name == "__init__.py" else [file]
    return f"{spec.name} {sha256(b''.join(path.read_bytes() for path in files)).hexdigest()}"


def built_in_folder() -> Path:
    """Return the folder of the codemods that come with greenmod: installed, else the checkout's."""
    return _shipped("codemods")


def fixtures_folder() -> Path:
    """Return the folder of the cases that come with greenmod."""
    return _shipped("fixtures")


def available(config: Config) -> dict[str, CodemodSpec]:
    """Return every codemod by name: greenmod's own, then the project's. Raises UsageError for an unreadable one."""
    specs = {spec.name: spec for spec in _in_folder(built_in_folder(), "built-in")}
    for entry in config.codemods:
        path = config.root / entry
        if not path.exists():
            raise UsageError(f"{config.file}: codemods: {entry}: no such file or folder")
        for spec in _in_folder(path, "project"):
            if spec.name in specs:
                raise UsageError(f"{spec.file}: the name {spec.name} is taken", "Give the codemod another name.")
            specs[spec.name] = spec
    for name in config.options:
        check_known(name, specs, f"{config.file}: [tool.greenmod.{name}]")
    return specs


def choose(
    config: Config, select: Sequence[str], ignore: Sequence[str], unsafe: bool, options: Sequence[str]
) -> Selection:
    """Pick the codemods of a run: the command line's `select`, else the configuration's, else all safe ones."""
    specs = available(config)
    names = list(select or config.select)
    for name in names:
        if ":" in name:
            specs[name] = CodemodSpec(name, "", name.partition(":")[2], origin="library")
            load_library(specs[name])
    settings = f"{config.file}: [tool.greenmod]"
    for where, given in (
        ("--select", select),
        (f"{settings} select", () if select else config.select),
        ("--ignore", ignore),
        (f"{settings} ignore", config.ignore),
    ):
        for name in given:
            check_known(name, specs, where)
    if not names:
        names = [spec.name for spec in specs.values() if unsafe or spec.safety is Safety.SAFE]
    left_out = {*ignore, *config.ignore}
    chosen = tuple(specs[name] for name in dict.fromkeys(names) if name not in left_out)
    return Selection(chosen, _option_values(config, specs, chosen, options))


def load(spec: CodemodSpec) -> type[Codemod]:
    """Import a codemod's class. Raises CodemodError where its module fails or lacks it."""
    from greenmod.api import Codemod

    module_name = f"{MODULES}{spec.origin.replace('-', '_')}.{Path(spec.file).stem}"
    if Path(spec.file).name == "__init__.py":
        module_name = f"{MODULES}{spec.origin.replace('-', '_')}.{Path(spec.file).parent.name}"
    module = sys.modules.get(module_name)
    if module is None or getattr(module, "__file__", None) != spec.file:
        module = _import_file(module_name, spec)
    found = getattr(module, spec.class_name, None)
    if not (isinstance(found, type) and issubclass(found, Codemod)):
        raise CodemodError(f"{spec.file}: {spec.class_name} is not a codemod")
    return found


def load_library(spec: CodemodSpec) -> type:
    """Import `package.module:Class`. Raises UsageError."""
    module_name, _, class_name = spec.name.partition(":")
    try:
        found = getattr(importlib.import_module(module_name), class_name)
    except (Exception, SystemExit) as error:  # somebody else's code may fail in any way
        raise UsageError(
            f"--select {spec.name}: {type(error).__name__}: {error}",
            "Give package.module:ClassName, importable where greenmod is installed.",
        ) from error
    if not isinstance(found, type):
        raise UsageError(f"--select {spec.name}: {class_name} is not a class")
    return found


def _shipped(name: str) -> Path:
    here = Path(__file__).resolve().parent
    return here / name if (here / name).is_dir() else here.parents[1] / name


def _import_file(module_name: str, spec: CodemodSpec) -> ModuleType:
    is_package = Path(spec.file).name == "__init__.py"
    where = [str(Path(spec.file).parent)] if is_package else None
    found = importlib.util.spec_from_file_location(module_name, spec.file, submodule_search_locations=where)
    if found is None or found.loader is None:
        raise CodemodError(f"{spec.file}: can't be imported")
    module = importlib.util.module_from_spec(found)
    # Packages inside a codemod's own are imported through everything above them.
    sys.modules.setdefault(module_name.partition(".")[0], ModuleType(module_name.partition(".")[0]))
    sys.modules[module_name] = module
    try:
        found.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # a codemod's own code may fail in any way; it is named, the run goes on
        del sys.modules[module_name]
        raise CodemodError(f"{spec.file}: can't be imported: {type(error).__name__}: {error}") from error
    return module


def _in_folder(path: Path, origin: str) -> Iterator[CodemodSpec]:
    try:
        files = [path] if path.is_file() else sorted(file for file in _below(path) if file.is_file())
    except OSError as error:
        raise UsageError(
            f"{path}: can't be read: {error.strerror}", "Check the permissions of the codemods."
        ) from error
    for file in files:
        yield from describe(file, origin)


def _below(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        yield path if path.suffix == ".py" else path / "__init__.py"


def check_known(name: str, specs: Mapping[str, CodemodSpec], where: str = "") -> None:
    """Raise UsageError, with the nearest name, where there is no such codemod."""
    if name not in specs:
        place = f"{where}: " if where else ""
        raise UsageError(
            f'{place}there is no codemod "{name}".{nearest(name, specs)}', "`greenmod list` names all of them."
        )


def _option_values(
    config: Config, specs: Mapping[str, CodemodSpec], chosen: Sequence[CodemodSpec], given: Sequence[str]
) -> dict[str, dict[str, OptionValue]]:
    values = {spec.name: {option.name: option.default for option in spec.options} for spec in chosen}
    for name, table in config.options.items():
        for key, value in table.items():
            option = _find_option(specs[name], key, f"{config.file}: [tool.greenmod.{name}]")
            if name in values:
                values[name][key] = _checked(option, value, f"{config.file}: [tool.greenmod.{name}] {key}")
    for text in given:
        left, equals, value = text.partition("=")
        name, _, key = left.rpartition(".")
        if not equals or not name:
            raise UsageError(f"--option {text}: expected CODEMOD.NAME=VALUE")
        check_known(name, specs, f"--option {text}")
        if specs[name].is_library:
            values.setdefault(name, {})[key] = value
            continue
        option = _find_option(specs[name], key, f"--option {text}")
        if name in values:
            values[name][key] = _checked(option, _parsed(option, value), f"--option {text}")
    return values


def _find_option(spec: CodemodSpec, key: str, where: str) -> OptionSpec:
    known = {option.name: option for option in spec.options}
    if key not in known:
        names = ", ".join(known) or "none"
        raise UsageError(f'{where}: {spec.name} has no option "{key}".{nearest(key, known)}', f"Its options: {names}.")
    return known[key]


def _parsed(option: OptionSpec, value: str) -> OptionValue:
    if isinstance(option.default, bool):
        return {"true": True, "false": False}.get(value.lower(), value)
    if isinstance(option.default, int) and value.lstrip("-").isdigit():
        return int(value)
    return value.split(",") if isinstance(option.default, list) else value


def _checked(option: OptionSpec, value: OptionValue, where: str) -> OptionValue:
    is_list_of_others = isinstance(value, list) and not all(isinstance(item, str) for item in value)
    if type(value) is not type(option.default) or is_list_of_others:
        raise UsageError(f"{where}: expected {type(option.default).__name__}, not {value!r}")
    if option.choices and value not in option.choices:
        raise UsageError(
            f"{where}: {value!r} is not one of {', '.join(option.choices)}.{nearest(str(value), option.choices)}"
        )
    return value
