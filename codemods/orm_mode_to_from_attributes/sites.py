"""Where `orm_mode` stands in a file, by `ast`: as a setting, as something that reads one, or as neither.

What the classes and functions around it are is not asked here; that takes the whole project.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from greenmod.api import ScopedVisitor, SurveyedFile, dotted

from .meanings import Meanings
from .switches import switched_lines

OLD, NEW = "orm_mode", "from_attributes"
HOLDERS = ("Config", "__config__", "model_config")
_CONFIG_KEYWORDS = ("config", "__config__", "__cls_kwargs__")
_BY_NAME = ("getattr", "hasattr", "setattr", "delattr")


class Site(NamedTuple):
    """One `orm_mode`, at its own place. What the rest says depends on `kind`:

    body      a name bound in the body of class `scope`
    keyword   a keyword in the bases of class `scope`
    value     a key of what class `scope` has as `model_config`
    call      a key of what call `about` gets as `via` (empty: as its own keywords); `owner` has it as `model_config`
    read      an attribute of `about`, a class with settings; `via` is `self` where an heir of it may be meant
    named     the same by a string
    other     none of these
    """

    line: int
    column: int
    kind: str
    scope: str
    about: str = ""
    via: str = ""
    owner: str = ""
    refusal: str = ""  # a rule that shows in the file itself


class Use(NamedTuple):
    """A name that is handed over as a class of settings: to call `about` as `via`, or assigned (both empty)."""

    name: str
    scope: str
    about: str = ""
    via: str = ""


class _Place(NamedTuple):
    """What a dictionary that stands in a certain place is."""

    kind: str
    about: str = ""
    via: str = ""
    owner: str = ""
    refusal: str = ""


class Sites(ScopedVisitor):
    """Finds every `orm_mode` that could be a setting, and the classes used as settings."""

    def __init__(self, file: SurveyedFile) -> None:
        super().__init__()
        self.found: list[Site] = []
        self.uses: list[Use] = []
        self._file = file
        self._in_class = False
        self._switched = switched_lines(file.tree, OLD, NEW) if OLD in file.text else frozenset()
        self._places: dict[int, _Place] = {}  # by id of the node
        self._plain: set[int] = set()  # ids of names that a plain assignment binds
        self._read_in_body: set[str] = set()
        self._meanings = Meanings(file.facts)
        self._variables: dict[int, str] = {}  # places in `found` of settings that a variable holds
        self._unpacked: set[str] = set()  # variables that become settings of Pydantic

    def finish(self) -> list[Site]:
        """Return the sites, with what only the whole file could tell."""
        return [self._finished(number, site) for number, site in enumerate(self.found)]

    def _finished(self, number: int, site: Site) -> Site:
        if self._variables.get(number) in self._unpacked:
            return site._replace(refusal="dynamic-config")
        if site.kind == "body" and not site.refusal:
            if NEW in self._file.facts.names.get(site.scope, {}):
                return site._replace(refusal="both-keys")
            if site.scope in self._read_in_body:
                return site._replace(refusal="setting-read")
        return site

    def _add(self, line: int, column: int, place: _Place, scope: str | None = None) -> None:
        scope = self.scope if scope is None else scope
        refusal = "dual-support" if line in self._switched else place.refusal
        self.found.append(Site(line, column, place.kind, scope, place.about, place.via, place.owner, refusal))

    # Statements

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        words = {keyword.arg for keyword in node.keywords}
        for keyword in node.keywords:
            if keyword.arg == OLD:
                refusal = "both-keys" if NEW in words else "dynamic-config" if None in words else ""
                scope = f"{self.scope}.{node.name}".lstrip(".")
                self._add(keyword.lineno, keyword.col_offset, _Place("keyword", refusal=refusal), scope)
        self._enter_body(node, is_class=True)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._enter_body(node, is_class=False)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._enter_body(node, is_class=False)

    def _enter_body(self, node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef, *, is_class: bool) -> None:
        outer, self._in_class = self._in_class, is_class
        self._enter(node)
        self._in_class = outer

    def visit_Assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            self._assigned(target, node.value)
        self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self._assigned(node.target, node.value)
        elif isinstance(node.target, ast.Name):
            self._plain.add(id(node.target))
        self.generic_visit(node)

    def _assigned(self, target: ast.expr, value: ast.expr) -> None:
        self._plain |= {id(name) for name in ast.walk(target) if isinstance(name, ast.Name)}
        name = dotted(target)
        self._meanings.note(name, self.scope, dotted(value))
        if self._in_class and name == "model_config":
            self._put(value, _Place("value", owner=self.scope))
        elif name.rpartition(".")[2] in HOLDERS:
            self.uses.append(Use(dotted(value), self.scope))
            self._put(ast.Tuple([value]), _Place("value"))
        elif name:
            self._places[id(value)] = _Place("other", about=name, refusal="not-a-setting")

    def _put(self, value: ast.expr, place: _Place) -> None:
        """Note what a value is; what stands deeper inside it gets there in ways that are not followed."""
        if isinstance(value, (ast.Dict, ast.Call)):
            self._places[id(value)] = place
            return
        self._unpacked.add(dotted(value))
        for child in ast.walk(value):
            if isinstance(child, (ast.Dict, ast.Call)):
                self._places[id(child)] = _Place("other", refusal="dynamic-config")

    # Expressions

    def visit_Name(self, node: ast.Name) -> None:
        if node.id == OLD and self._in_class:
            if isinstance(node.ctx, ast.Load):
                self._read_in_body.add(self.scope)
            else:
                refusal = "" if id(node) in self._plain else "dynamic-config"
                self._add(node.lineno, node.col_offset, _Place("body", refusal=refusal))

    def visit_Dict(self, node: ast.Dict) -> None:
        place = self._places.get(id(node), _Place("other", refusal="not-a-setting"))
        words = set(_keys(node))
        for key in node.keys:
            if isinstance(key, ast.Constant) and key.value == OLD:
                self._add_key(key, key.lineno, key.col_offset, place, words)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        callee = dotted(node.func)
        place = self._place_of(node, callee)
        words = {word for keyword in node.keywords for word in _words(keyword)}
        for keyword in node.keywords:
            if keyword.arg == OLD:
                self._add_key(keyword, keyword.lineno, keyword.col_offset, place, words)
            elif keyword.arg is None:
                self._unpack(keyword.value, place, callee, words)
            elif keyword.arg in _CONFIG_KEYWORDS:
                self.uses.append(Use(dotted(keyword.value), self.scope, callee, keyword.arg))
                self._put(keyword.value, _Place("call", callee, keyword.arg))
        self._by_name(node, callee)
        self.generic_visit(node)

    def _place_of(self, node: ast.Call, callee: str) -> _Place:
        place = self._places.get(id(node))
        if callee == "dict":
            return place or _Place("other", refusal="not-a-setting")
        if place is not None and place.refusal == "dynamic-config":
            return place
        return _Place("call", callee, owner=place.owner if place and place.kind == "value" else "")

    def _unpack(self, value: ast.expr, place: _Place, callee: str, words: set[str]) -> None:
        if isinstance(value, ast.Dict):
            both = NEW in words and not place.refusal
            self._places[id(value)] = place._replace(refusal="both-keys") if both else place
        elif any(name.startswith("pydantic") for name in self._file.facts.qualified_names(callee, self.scope)):
            self._unpacked.add(dotted(value))

    def _add_key(self, node: ast.expr | ast.keyword, line: int, column: int, place: _Place, words: set[str]) -> None:
        refusal = place.refusal or ("both-keys" if NEW in words else "dynamic-config" if "**" in words else "")
        if place.kind == "other" and place.about:
            self._variables[len(self.found)] = place.about
        self._add(line, column, place._replace(refusal=refusal))

    def _by_name(self, node: ast.Call, callee: str) -> None:
        """`getattr(User.Config, "orm_mode")`, `User.model_config.get("orm_mode")`"""
        arguments = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
        if OLD not in arguments:
            return
        if callee in _BY_NAME and _is_holder(node.args[0]):
            is_read = callee in ("getattr", "hasattr")
            self._add_read(node, node.args[0], "named", "" if is_read else "dynamic-config")
        elif isinstance(node.func, ast.Attribute) and _is_holder(node.func.value):
            self._add_read(node, node.func.value, "named", "")

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if isinstance(node.slice, ast.Constant) and node.slice.value == OLD and _is_holder(node.value):
            is_read = isinstance(node.ctx, ast.Load)
            self._add_read(node, node.value, "named", "" if is_read else "dynamic-config")
        self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        if isinstance(node.left, ast.Constant) and node.left.value == OLD:
            for holder in filter(_is_holder, node.comparators):
                self._add_read(node, holder, "named", "")
        self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if node.attr == OLD and _is_holder(node.value):
            is_read = isinstance(node.ctx, ast.Load)
            self._add_read(node, node.value, "read", "" if is_read else "dynamic-config")
        self.generic_visit(node)

    def _add_read(self, node: ast.expr, holder: ast.expr, kind: str, refusal: str) -> None:
        about, via = self._meanings.of(dotted(holder), self.scope)
        place = _Place(kind, about, via, refusal=refusal)
        if kind == "read":
            self._add(node.end_lineno or node.lineno, (node.end_col_offset or 0) - len(OLD), place)
        else:
            self._add(node.lineno, node.col_offset, place)


def _is_holder(node: ast.expr) -> bool:
    """Tell whether an expression looks like settings: `User.Config`, `config`, `type(self).model_config`."""
    name = node.attr if isinstance(node, ast.Attribute) else dotted(node)
    return name.strip("_").lower().endswith("config")


def _keys(node: ast.Dict) -> Iterator[str]:
    return (key.value for key in node.keys if isinstance(key, ast.Constant) and isinstance(key.value, str))


def _words(keyword: ast.keyword) -> Iterator[str]:
    """Yield the settings that a keyword gives; `**` for those that can't be seen."""
    if keyword.arg is not None:
        yield keyword.arg
    elif isinstance(keyword.value, ast.Dict):
        yield from _keys(keyword.value)
    else:
        yield "**"
