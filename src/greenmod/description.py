"""A codemod as its source text describes it: name, triggers, options and the like are literals there.

Nothing here imports a codemod.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from greenmod.errors import UsageError
from greenmod.model import Safety

if TYPE_CHECKING:
    from greenmod.config import OptionValue

# What may be said of a codemod in its class, and how.
_LITERALS = {
    "name": "a word such as `verb-thing`",
    "source": "a string",
    "triggers": "a tuple of words, or of tuples of words",
    "reaches": "a tuple of words, or of tuples of words",
    "pattern": "a regular expression",
    "statement_local": "True or False",
    "wants_evidence": "True or False",
    "saves_statements": "True or False",
    "wants_objects": "True or False",
}
_NAME = re.compile(r"[\w.-]+")


@dataclass(frozen=True, slots=True)
class OptionSpec:
    """One declared option of a codemod."""

    name: str
    default: OptionValue
    help: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CodemodSpec:
    """A codemod as its source text describes it. `file` is empty for a library's class (`package.module:Class`)."""

    name: str
    file: str
    class_name: str
    doc: str = ""
    source: str = ""
    safety: Safety = Safety.SAFE
    triggers: tuple[str | tuple[str, ...], ...] = ()
    reaches: tuple[str | tuple[str, ...], ...] = ()
    pattern: str = ""
    options: tuple[OptionSpec, ...] = ()
    statement_local: bool = False
    has_survey: bool = False
    has_decide: bool = False
    wants_evidence: bool = False
    saves_statements: bool = False
    wants_objects: bool = False
    origin: str = "built-in"

    @property
    def is_library(self) -> bool:
        return not self.file

    @property
    def summary(self) -> str:
        return self.doc.strip().partition("\n")[0]


def describe(file: Path, origin: str) -> tuple[CodemodSpec, ...]:
    """Return the codemods of a file. Raises UsageError where it can't be read, or describes one wrongly."""
    try:
        return _all_described(file, origin, file.read_bytes())
    except (OSError, SyntaxError, ValueError) as error:
        raise UsageError(
            f"{file}: the codemod can't be read: {error}", "Correct it, or take it out of `codemods`."
        ) from error


@lru_cache(maxsize=64)  # for each case, all of them are asked for again
def _all_described(file: Path, origin: str, text: bytes) -> tuple[CodemodSpec, ...]:
    tree = ast.parse(text, filename=str(file))
    return tuple(
        _described(file, origin, node, ast.get_docstring(tree) or ast.get_docstring(node) or "")
        for node in tree.body
        if isinstance(node, ast.ClassDef) and any(_last_name(base) == "Codemod" for base in node.bases)
    )


def _described(file: Path, origin: str, node: ast.ClassDef, doc: str) -> CodemodSpec:
    values = {}
    for statement in node.body:
        target = statement.targets[0] if isinstance(statement, ast.Assign) else getattr(statement, "target", None)
        value = getattr(statement, "value", None)
        if isinstance(target, ast.Name) and value is not None:
            values[target.id] = value
    literals = {key: _checked_literal(file, key, values[key]) for key in _LITERALS if key in values}
    if "name" not in literals:
        raise UsageError(f"{file}:{node.lineno}: the codemod {node.name} has no `name`", 'Add `name = "verb-thing"`.')
    methods = {child.name for child in node.body if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef))}
    return CodemodSpec(
        file=str(file),
        class_name=node.name,
        doc=doc,
        safety=_safety(file, values.get("safety")),
        options=_options(file, values.get("options")),
        has_survey="survey" in methods,
        has_decide="decide" in methods,
        origin=origin,
        **literals,
    )


def _safety(file: Path, node: ast.expr | None) -> Safety:
    if node is None:
        return Safety.SAFE
    if _last_name(node) not in Safety.__members__:
        raise UsageError(f"{file}:{node.lineno}: `safety` must be Safety.SAFE or Safety.UNSAFE")
    return Safety[_last_name(node)]


def _options(file: Path, node: ast.expr | None) -> tuple[OptionSpec, ...]:
    if node is None:
        return ()
    wrong = UsageError(
        f"{file}:{node.lineno}: `options` must be a tuple of literal `Option(...)` calls",
        "Such as: options = (Option(name, default, help, choices),)",
    )
    calls = node.elts if isinstance(node, (ast.Tuple, ast.List)) else [node]
    options = []
    for call in calls:
        if not isinstance(call, ast.Call):
            raise wrong
        arguments = [_literal(file, "options", argument) for argument in call.args]
        named = {keyword.arg or "": _literal(file, "options", keyword.value) for keyword in call.keywords}
        try:
            options.append(OptionSpec(*arguments, **named))
        except TypeError as error:
            raise wrong from error
    return tuple(options)


def _checked_literal(file: Path, key: str, node: ast.expr):  # type: ignore[no-untyped-def]  # as `_literal`
    value = _literal(file, key, node)
    if not _is_right(key, value):
        raise UsageError(f"{file}:{node.lineno}: `{key}` must be {_LITERALS[key]}, not {value!r}")
    return value


def _is_right(key: str, value: object) -> bool:
    match key, value:
        case "source", str():
            return True
        case "statement_local" | "wants_evidence" | "saves_statements" | "wants_objects", bool():
            return True
        case "name", str(name):
            return _NAME.fullmatch(name) is not None
        case "pattern", str(pattern):
            return _compiles(pattern)
        case "triggers" | "reaches", [*entries]:
            words = [word for entry in entries for word in (entry if isinstance(entry, (tuple, list)) else (entry,))]
            return () not in entries and all(isinstance(word, str) and word for word in words)
    return False


def _compiles(pattern: str) -> bool:
    try:
        re.compile(pattern.encode())
    except re.error:
        return False
    return True


def _literal(file: Path, key: str, node: ast.expr):  # type: ignore[no-untyped-def]  # whatever the literal is
    try:
        return ast.literal_eval(node)
    except ValueError as error:
        raise UsageError(
            f"{file}:{node.lineno}: `{key}` must be a literal: it is read without running the file"
        ) from error


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
