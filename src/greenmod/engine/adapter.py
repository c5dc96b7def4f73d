"""Plain LibCST codemods, as they are: a `CSTTransformer`, a `CSTVisitor`-based command, any `CodemodCommand`.

They don't say what belongs together, so all they do to one file is one Change.
"""

from __future__ import annotations

from collections.abc import Mapping

import libcst as cst

from greenmod.api.records import Record, SkipRecord
from greenmod.config import OptionValue
from greenmod.description import CodemodSpec
from greenmod.engine.placing import Placed
from greenmod.engine.tokens import token_edits
from greenmod.engine.written import NotReproduced
from greenmod.errors import CodemodError, UsageError
from greenmod.model import Safety
from greenmod.registry import load_library

SkippedAt = tuple[int, SkipRecord]


def run_library(
    spec: CodemodSpec, options: Mapping[str, OptionValue], path: str, module: cst.Module, text: str
) -> tuple[list[Placed], list[SkippedAt]]:
    """Run `package.module:Class` on a whole module."""
    from libcst.codemod import Codemod as LibraryCodemod
    from libcst.codemod import CodemodContext, SkipFile

    found = load_library(spec)
    try:
        if issubclass(found, LibraryCodemod):
            result = found(CodemodContext(filename=path), **options).transform_module(module)
        elif issubclass(found, cst.CSTTransformer):
            result = _visit(module, found(**options))
        else:
            raise UsageError(f"--select {spec.name}: neither a CSTTransformer nor a CodemodCommand")
    except SkipFile as reason:
        return [], [(0, SkipRecord(module, "skip-file", str(reason) or "the codemod skips the file"))]
    code = result.code
    if code != text and module.code != text:
        raise NotReproduced
    spans = token_edits(text, code)
    if not spans:
        return [], []
    record = Record(module, result, f"Apply {spec.class_name}", "", Safety.SAFE, "", None, (), ())
    return [Placed([record], spans, 0, len(text), spans[0][0])], []


def _visit(module: cst.Module, transformer: cst.CSTTransformer) -> cst.Module:
    if type(transformer).METADATA_DEPENDENCIES:
        wrapper = cst.MetadataWrapper(module, unsafe_skip_copy=True)
        result: object = wrapper.visit(transformer)
    else:
        result = module.visit(transformer)
    if not isinstance(result, cst.Module):
        raise CodemodError("the codemod replaced the module by something else")
    return result
