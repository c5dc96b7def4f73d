"""When something does not exist: only where nothing at all could have made it.

Whoever is told that a name is missing goes and deletes a test. So the text itself is asked for every trick.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

from greenmod.facts.objects.declarations import FOR_TYPES, IMPORT
from greenmod.facts.objects.forms import is_form
from greenmod.facts.objects.module import Module, Place
from greenmod.facts.objects.thing import Rule, Thing, What, unknown

if TYPE_CHECKING:
    from greenmod.facts.objects.members import Ancestor
    from greenmod.facts.objects.resolver import Resolver

# What can add a name to a module, or an attribute to a class or its instances, without naming it.
_IN_MODULE = re.compile(
    r"__getattr__|\bglobals\(|\bvars\(|\blocals\(|\bexec\(|\bsetattr\(|\bsys\.modules\b|__dict__|__path__|\blazy|modules\["
)
_IN_CLASS = re.compile(
    r"__getattr|\bsetattr\b|__setattr|__dict__|\bglobals\(|\bvars\(|\blocals\(|\bexec\(|\btype\([^()]*,|__init_subclass__"
    r"|__set_name__|\bmetaclass\b|__class_getitem__|\brelationship\(|\bbackref\b|\bextra\b|__slots__"
)


def from_module(resolver: Resolver, module: Module, name: str) -> Thing:
    """Return that a module lacks a name, or why that can't be said."""
    doubt = f"`{name}` is not declared in {module.file}"
    if module.is_shipped:
        package = module.name.partition(".")[0]
        return unknown(f"{package} is not installed in an environment of the project", Rule.NOT_INSTALLED)
    if module.declared.is_part or module.is_stub or not module.is_sure or name.startswith("__"):
        return unknown(doubt)
    if resolver.modules.holds(module, _IN_MODULE):
        return unknown(f"{doubt}, which adds names at run time")
    if resolver.modules.library_mentions(module, name) or _is_set_elsewhere(resolver, module, name):
        return unknown(f"{doubt}, but set from elsewhere")
    names = [*module.declared.names[""], *resolver.modules.layout.modules_in(module)]
    return replace(
        Thing(What.MISSING, module.file, name, is_library=module.is_library),
        closest=_closest(name, names),
        reason=f"{module.file} has no `{name}`{_where_instead(module, name)}",
    )


def is_for_types(module: Module, name: str) -> bool:
    """Tell whether a module of the repository binds a name for type checkers alone."""
    bounds = () if module.is_library else module.declared.names[""].get(name, ())
    return bool(bounds) and all(bound.note == FOR_TYPES for bound in bounds)


def from_class(resolver: Resolver, thing: Thing, classes: Sequence[Ancestor], name: str) -> Thing:
    """Return that a class and its instances lack an attribute, or why that can't be said."""
    doubt = f"`{name}` is not declared in `{thing.qualname}`"
    if name.startswith("__"):
        return unknown(doubt)
    names: list[str] = []
    for ancestor in classes:
        if is_form(ancestor.thing):
            continue
        module = resolver.module_of(ancestor.thing)
        if module is None or module.declared.is_part or module.is_stub or not module.is_sure:
            return unknown(doubt)
        rows = module.declared.classes.get(ancestor.thing.qualname, ())
        if len(rows) != 1 or rows[0].keywords or any(map(_is_magic, rows[0].decorators)):
            return unknown(f"{doubt}, which is not made by a plain class statement")
        if any(base.partition("[")[0].rpartition(".")[2] == "Protocol" for base in rows[0].bases):
            return unknown(f"{doubt}, a protocol: what follows it can have more")
        if resolver.modules.holds(module, _IN_CLASS):
            return unknown(f"{doubt}, whose module {module.file} can add attributes at run time")
        if resolver.modules.library_mentions(module, name):
            return unknown(f"{doubt}, but its library speaks of it")
        names += module.declared.names.get(ancestor.thing.qualname, {})
        names += module.declared.attributes.get(ancestor.thing.qualname, {})
    classname = thing.qualname.rpartition(".")[2]
    if _is_set_on_class(resolver, classname, name) or resolver.modules.has_heir_with(classname, name):
        return unknown(f"{doubt}, but may be in a class that derives from it")
    return replace(
        thing,
        what=What.MISSING,
        qualname=f"{thing.qualname}.{name}",
        closest=_closest(name, names),
        reason=f"`{thing.qualname}` has no attribute `{name}`",
        arguments=(),
    )


def _where_instead(module: Module, name: str) -> str:
    """Say where a name is imported that the module itself lacks: inside of functions, to be patched at its source."""
    for scope, names in module.declared.names.items():
        for bound in names.get(name, ()):
            if bound.kind == IMPORT and scope in module.declared.functions:
                return f", only `{scope}` imports `{bound.text}`"
    return ""


def _is_set_elsewhere(resolver: Resolver, module: Module, name: str) -> bool:
    """Tell whether any file sets an attribute of this name on what may be the module."""
    on_name = re.compile(rf"((?:\w+\.)*\w+|[\])])\.{name}\s*(?::[^=\n]+)?=(?!=)")
    for path, text in resolver.modules.mentioning(name):
        if _is_set_by_name(text, name, "[^()]*"):
            return True
        for match in (match for line in _lines(text, name) for match in on_name.finditer(line)):
            if match[1] in ("]", ")") or _may_be(resolver, module, path, match[1]):
                return True
    return False


def _is_set_on_class(resolver: Resolver, classname: str, name: str) -> bool:
    """Tell whether any file, tests included, gives the class itself the attribute."""
    setting = re.compile(rf"\b{classname}\.{name}\s*=(?!=)")
    for _, text in resolver.modules.mentioning(name):
        if _is_set_by_name(text, name, rf"\s*[\w.]*\b{classname},\s*"):
            return True
        if any(setting.search(line) for line in _lines(text, name)):
            return True
    return False


def _lines(text: str, name: str) -> Iterator[str]:
    """Yield the lines that hold an attribute of a name: far fewer than an expression would have to look at."""
    at = text.find(f".{name}")
    while at >= 0:
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        yield text[text.rfind("\n", 0, at) + 1 : end]
        at = text.find(f".{name}", end)


def _is_set_by_name(text: str, name: str, owner: str) -> bool:
    """Tell whether `setattr(owner, "name", …)` stands in a text, other than that of pytest's monkeypatch."""
    if "setattr(" not in text or (f'"{name}"' not in text and f"'{name}'" not in text):
        return False
    return bool(re.search(rf"(?<!\w\.)\bsetattr\({owner}[\"']{name}[\"']", text))


def _may_be(resolver: Resolver, module: Module, path: str, chain: str) -> bool:
    """Tell whether a chain of names in a file may stand for a module: something is imported under the first of them."""
    there = resolver.modules.at(path)
    if there is None:
        return True
    for scope, names in there.declared.names.items():
        for bound in names.get(chain.partition(".")[0], ()):
            if bound.kind != IMPORT and "import_module" not in bound.text and "sys.modules" not in bound.text:
                continue
            found = resolver.value(Place(there, scope), chain)
            if found.what is What.UNKNOWN or (found.what is What.MODULE and found.file == module.file):
                return True
    return False


def _is_magic(decorator: str) -> bool:
    """Tell whether a class decorator may add attributes."""
    return decorator.partition("(")[0].rpartition(".")[2] not in (
        "dataclass",
        "final",
        "runtime_checkable",
        "deprecated",
    )


def _closest(name: str, names: Sequence[str]) -> str:
    close = get_close_matches(name, sorted(set(names) - {name}), n=1, cutoff=0.6)
    return close[0] if close else ""
