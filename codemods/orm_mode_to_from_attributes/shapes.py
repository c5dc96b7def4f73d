"""What stands in the way of `model_config = ConfigDict(...)`, by `ast`: how each `class Config` looks, who reads it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from greenmod.api import ScopedVisitor, SurveyedFile, dotted

from .meanings import Meanings
from .sites import OLD

# What Pydantic 2 renamed or removed (`pydantic/_internal/_config.py`), `orm_mode` left out: another codemod's business.
_OLD_KEYS = frozenset(
    {
        "allow_mutation",
        "allow_population_by_field_name",
        "anystr_lower",
        "anystr_strip_whitespace",
        "anystr_upper",
        "copy_on_model_validation",
        "error_msg_templates",
        "fields",
        "getter_dict",
        "json_dumps",
        "json_loads",
        "keep_untouched",
        "max_anystr_length",
        "min_anystr_length",
        "post_init_call",
        "schema_extra",
        "smart_union",
        "underscore_attrs_are_private",
        "validate_all",
    }
)


class Shape(NamedTuple):
    """A `class Config` of class `owner` that sets `orm_mode`; `base` is what it inherits from, as it is written."""

    line: int
    column: int
    owner: str
    base: str
    is_plain: bool  # nothing but settings, that mean the same in the model's own body


class Reader(NamedTuple):
    """A place that reads the `Config` of `holder`, empty where that is an expression; `via` as in `Site`."""

    holder: str
    via: str
    scope: str


class Shapes(ScopedVisitor):
    """Collects the shapes of a file's `Config` classes and the places that read one."""

    def __init__(self, file: SurveyedFile) -> None:
        super().__init__()
        self.found: list[Shape] = []
        self.readers: list[Reader] = []
        self._facts = file.facts
        self._meanings = Meanings(file.facts)
        self._bases: set[int] = set()

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        owner = f"{self.scope}.{node.name}".lstrip(".")
        for child in node.body:
            if isinstance(child, ast.ClassDef) and child.name == "Config":
                self._bases |= {id(base) for base in child.bases}
                if OLD in self._facts.names.get(f"{owner}.Config", {}):
                    self.found.append(self._shape(owner, child))
        super().visit_ClassDef(node)

    def _shape(self, owner: str, node: ast.ClassDef) -> Shape:
        own, around = (self._facts.names.get(scope, {}) for scope in (f"{owner}.Config", owner))
        is_only_one = [fact.qualname for fact in self._facts.classes].count(f"{owner}.Config") == 1
        is_bare = not node.decorator_list and not node.keywords and len(node.bases) < 2 and len(node.body) == len(own)
        is_plain = is_only_one and is_bare and all(_is_setting(each, {*own, *around}) for each in node.body)
        base = "".join(dotted(base) or "?" for base in node.bases)
        return Shape(node.lineno, node.col_offset, owner, base, is_plain)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if node.attr in ("Config", "__config__") and id(node) not in self._bases:
            self._add_reader(node.value)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        """`getattr(User, "Config")`"""
        if dotted(node.func) in ("getattr", "hasattr", "setattr", "delattr") and len(node.args) > 1:
            name = node.args[1]
            if isinstance(name, ast.Constant) and name.value in ("Config", "__config__"):
                self._add_reader(node.args[0])
        self.generic_visit(node)

    def _add_reader(self, holder: ast.expr) -> None:
        self.readers.append(Reader(*self._meanings.of(dotted(holder), self.scope), self.scope))


def _is_setting(statement: ast.stmt, taken: set[str]) -> bool:
    """Tell whether a statement is `key = value`, with a key of Pydantic 2 and a value that any scope computes alike."""
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        key = statement.targets[0]
    elif isinstance(statement, ast.AnnAssign):
        key = statement.target
    else:
        return False
    if not isinstance(key, ast.Name) or key.id in _OLD_KEYS or key.id.startswith("_") or statement.value is None:
        return False
    return taken.isdisjoint(_names(statement.value))


def _names(value: ast.expr) -> Iterator[str]:
    return (node.id for node in ast.walk(value) if isinstance(node, ast.Name))
